"""Whether prediction streams: memory at a tenth and at the end, and tokens a second by size.

Run as `python benchmarks/stream_scale.py [--articles 100000] [--words 400] [--folder DIR]`. A toy
encoder with random weights and the bundled tokenizer stands in for a model, so that what is
measured is reading, tokenizing, decoding and writing. Memory is that of `warwire predict` in a
process of its own; speeds at 100, 1,000 and 10,000 articles are taken in this one, after a warm-up.
Needs 6 KB of disk an article.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import psutil

from warwire import Predictor
from warwire.articles.reading import read_articles
from warwire.model.prediction import cut_chunks

SIZES = (100, 1_000, 10_000)
RARENESS = 0.35
"""What the toy encoder adds to O, so that an article has tens of spans and not hundreds."""
LIMIT_GIGABYTES, LIMIT_SPREAD = 1.5, 0.15
SENTENCE = "the army of Ukraine said Russian forces shelled a port near Kherson on Friday"


def build_run(folder: Path) -> Path:
    """A run whose encoder has two narrow layers and never learned anything."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForTokenClassification

    from warwire.config import Config
    from warwire.model.checkpoints import Checkpoint, bundled_folder, save_run
    from warwire.tagging.encoding import TagSet

    torch.manual_seed(13)
    tags = TagSet(("ACTOR", "MILITARY_ACTION", "AID_AMOUNT"))
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    tokenizer = AutoTokenizer.from_pretrained(str(bundled_folder()))
    config = BertConfig(
        **shape,
        vocab_size=len(tokenizer),
        intermediate_size=64,
        id2label=dict(enumerate(tags.names)),
        label2id={name: at for at, name in enumerate(tags.names)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        model.classifier.bias[0] = RARENESS
    folder.mkdir()
    save_run(Checkpoint(model, tokenizer, tags, Config()), folder)
    return folder


def write_articles(file: Path, *, articles: int, words: int) -> None:
    """Articles of random words, one a line."""
    drawn = random.Random(13)
    with file.open("w", encoding="utf-8") as lines:
        for number in range(articles):
            text = " ".join(drawn.choices(SENTENCE.split(), k=words)) + "."
            lines.write(json.dumps({"id": f"{number}", "text": text}) + "\n")


def memory(run: Path, file: Path, *, articles: int) -> tuple[float, float, float]:
    """Megabytes that `warwire predict` holds at a tenth, at its last journal entry, and at most."""
    out = file.with_suffix(".out.jsonl")
    verb = [sys.executable, "-m", "warwire.cli", "predict", str(run), str(file), "--out", str(out)]
    process = psutil.Popen([*verb, "--device", "cpu"], stderr=subprocess.DEVNULL)
    seen = list(_watch(process, out.with_name(f".{out.name}.journal")))
    if process.wait() or not seen:
        raise SystemExit("predict failed, or was over within a second: give more articles")
    tenth = next(held for rows, held in seen if rows >= min(articles / 10, seen[-1][0]))
    return tenth, seen[-1][1], max(held for _, held in seen)


def speed(predictor: Predictor, file: Path, *, articles: int) -> float:
    """Tokens a second over the file's first articles."""
    texts = [row.text for row in islice(read_articles([file]), articles)]
    started = time.perf_counter()
    tokens = sum(each.tokens for each in predictor.stream_chunks(cut_chunks(texts, len)))
    return tokens / (time.perf_counter() - started)


def _watch(process: psutil.Popen, journal: Path) -> Iterator[tuple[int, float]]:
    """Articles done and megabytes held, at each new entry of the journal."""
    known = 0
    while process.poll() is None:
        time.sleep(0.1)
        rows = _rows(journal)
        if rows > known and process.is_running():
            known = rows
            yield rows, process.memory_info().rss / 2**20


def _rows(journal: Path) -> int:
    try:
        *_, last = journal.read_text(encoding="utf-8").rpartition("\n")[0].split("\n")
        return int(json.loads(last)["rows"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def main() -> None:
    """Print the table, and whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        run, file = build_run(Path(scratch) / "run"), Path(scratch) / "articles.jsonl"
        write_articles(file, articles=given.articles, words=given.words)
        tenth, end, peak = memory(run, file, articles=given.articles)
        print(
            f"{given.articles:,} articles of {given.words} words: {tenth:,.0f} MB at a tenth,"
            f" {end:,.0f} MB at the end ({end / tenth - 1:+.1%}), {peak:,.0f} MB at most"
            f" (limit {LIMIT_GIGABYTES} GB)",
            flush=True,
        )
        print_speeds(run, file, [size for size in SIZES if size <= given.articles])


def print_speeds(run: Path, file: Path, sizes: list[int]) -> None:
    """Tokens a second by size, the sizes in turn, the median of three rounds."""
    predictor = Predictor.from_pretrained(run, device="cpu")
    speed(predictor, file, articles=200)
    rounds = [[speed(predictor, file, articles=size) for size in sizes] for _ in range(3)]
    medians = [median(each) for each in zip(*rounds, strict=True)]
    for size, found in zip(sizes, medians, strict=True):
        print(f"{size:,} articles: {found:,.0f} tokens a second")
    spread = max(medians) / min(medians) - 1
    print(f"within {spread:.1%} of one another (limit {LIMIT_SPREAD:.0%})")


if __name__ == "__main__":
    main()
