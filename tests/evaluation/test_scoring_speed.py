"""Ten thousand articles of forty spans are scored within seconds, without heavy libraries."""

import subprocess
import sys

PROGRAM = """
import random, sys, time
from warwire import Document, Span, score
rng, documents, found = random.Random(0), [], []
for number in range(10_000):
    text = " ".join("word" * rng.randint(1, 2) for _ in range(440))
    starts = [0] + [at + 1 for at, sign in enumerate(text) if sign == " "] + [len(text) + 1]
    gold, guess = [], []
    for word in range(0, 440, 11):
        end = starts[word + rng.randint(1, 3)] - 1
        gold.append(Span(starts[word], end, rng.choice("ABC")))
        luck = rng.random()
        if luck < 0.8:
            guess.append(gold[-1])
        elif luck < 0.9:
            guess.append(Span(starts[word], starts[word + 4] - 1, gold[-1].label))
        elif luck < 0.95:
            guess.append(Span(starts[word + 6], starts[word + 8] - 1, "A"))
    documents.append(Document(str(number), text, tuple(gold)))
    found.append(guess)
started = time.process_time()
figures = score(documents, found).to_dict()
print(time.process_time() - started)
assert figures["scores"]["strict"]["all"]["support"] == 400_000
assert not {"torch", "evaluate", "transformers", "datasets"} & set(sys.modules)
"""


def test_ten_thousand_articles_within_five_seconds():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5
