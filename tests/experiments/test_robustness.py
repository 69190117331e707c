"""Changes carry every span along, and what they take away is measured in pairs."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import ARTICLES, marked
from tests.worlds import done
from warwire import Document, Span
from warwire.experiments.perturbations import NEIGHBOURS, apply_edits, perturb, perturbations
from warwire.experiments.robustness import robustness

KINDS = perturbations()
NEWS = marked(
    "news",
    "[A:Russia] [M:shelled] Kyiv.\nThe [A:Russian army] of [A:Vladimir Putin] fled on Friday;"
    " [A:Nato] gave [G:$5 million] for armoured cars.\n\nTroops of the [A:United States] watched.",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("document", [NEWS, *ARTICLES], ids=lambda each: each.id)
def test_spans_stay_on_their_words(kind, document):
    changed = perturb(document, KINDS[kind]).document
    assert [span.label for span in changed.spans] == [span.label for span in document.spans]
    for before, after in zip(document.spans, changed.spans, strict=True):
        assert changed.surface(after).strip() == changed.surface(after)
        if kind in ("furniture added", "upper case", "lower case"):
            assert changed.surface(after).lower() == document.surface(before).lower()


def test_names_are_swapped_kind_for_kind_and_alike_throughout():
    changed = perturb(NEWS, KINDS["names of Latin America"]).document
    surfaces = [changed.surface(span) for span in changed.spans]
    assert "Russia" not in changed.text
    assert surfaces[2].endswith(" army")
    assert surfaces[5] == "$5 million"
    country = surfaces[0]
    assert surfaces[2].startswith(country[:3])


def test_either_spelling_becomes_the_other():
    document = Document("d", "Kyiv and Kiev on defence")
    assert perturb(document, KINDS["other spellings"]).document.text == "Kiev and Kyiv on defense"


def test_furniture_stands_outside_the_spans_and_the_rest_is_there():
    changed = perturb(NEWS, KINDS["furniture added"])
    assert changed.edits >= 2
    for line in NEWS.text.split("\n"):
        assert line in changed.document.text


def test_the_same_seed_makes_the_same_errors():
    first = perturb(NEWS, KINDS["typing errors"], seed=1).document
    assert first == perturb(NEWS, KINDS["typing errors"], seed=1).document


def test_a_neighbour_is_another_key_beside_it():
    rows = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    assert len(NEIGHBOURS) == 26
    for row in rows:
        for place, letter in enumerate(row):
            assert NEIGHBOURS[letter] in row[max(0, place - 1) : place + 2].replace(letter, "")


def test_edits_that_change_nothing_are_not_counted():
    document = Document("d", "a letter")
    changed = perturb(document, lambda *_: [(4, 6, "tt"), (0, 1, "a"), (7, 8, "s")])
    assert (changed.edits, changed.document.text) == (1, "a lettes")


@pytest.mark.parametrize("kind", KINDS)
def test_an_article_that_counts_an_edit_is_changed(kind):
    for place in range(200):
        document = Document(f"d{place}", "Kiev ttttt ttttt ttttt")
        changed = perturb(document, KINDS[kind])
        assert bool(changed.edits) == (changed.document.text != document.text)


@given(
    st.text(alphabet="abcd \n", min_size=4, max_size=40),
    st.data(),
)
def test_edits_beside_a_span_leave_its_words_alone(text, data):
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, len(text)))
    edits, position = [], 0
    dice = data.draw(st.randoms(use_true_random=False))
    while position < len(text):
        after = min(len(text), position + dice.randint(0, 2))
        if after <= start or position >= end:
            edits.append((position, after, dice.choice(["", "x", "yy"])))
        position = after + 1
    changed = apply_edits(Document("d", text, (Span(start, end, "A"),)), edits)
    assert changed.surface(changed.spans[0]) == text[start:end]


def test_a_change_that_hurts_is_seen_with_its_interval():
    documents = [marked(f"d{at}", f"[A:Nato] met number {at} in town.") for at in range(20)]

    def cased(texts):
        return [[Span(0, 4, "ACTOR")] if text.startswith("Nato") else [] for text in texts]

    wanted = {name: KINDS[name] for name in ("lower case", "furniture added")}
    found = robustness(documents, cased, ["ACTOR"], wanted)
    assert found["f1"] == 1
    assert found["kinds"]["lower case"]["change"] == -1
    assert found["kinds"]["lower case"]["interval"] == [-1, -1]
    assert found["kinds"]["lower case"]["articles"] == 20
    unchanged = robustness(documents, cased, ["ACTOR"], {"none": lambda *_: []})
    assert unchanged["kinds"] == {}


def test_the_command_writes_what_it_found(toy_world, tmp_path, capsys):
    import shutil

    run = shutil.copytree(toy_world / "models" / "toy", tmp_path / "toy")
    done(["robustness", str(run), "--kind", "upper case", "--kind", "typing errors", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "upper case" in found["kinds"]
    assert json.loads((run / "robustness.json").read_text()) == found


def test_an_unknown_kind_is_refused(toy_world, capsys):
    from warwire.cli.app import _exit_code

    assert _exit_code(["robustness", str(toy_world / "models" / "toy"), "--kind", "noise"]) == 2
    assert "typing errors" in capsys.readouterr().err


def test_random_is_left_alone():
    random.seed(1)
    before = random.getstate()
    perturb(NEWS, KINDS["typing errors"])
    assert random.getstate() == before
