"""What ranks an article first: expected corrections a word, nothing said twice, and why."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.cli.conftest import call, world
from tests.toys import LABELS, marked
from warwire import Predictor
from warwire.experiments.appraisal import Appraisal, Known, appraise, known_from, within, words_in
from warwire.experiments.ranking import Weights, order_articles, rank
from warwire.tagging.encoding import TagSet

__all__ = ["call", "world"]
KNOWN = Known(np.array([100.0, 40.0, 10.0]), frozenset({"nato"}))


def appraisal(place: int, words: int, *wrong: float, **names: float) -> Appraisal:
    return Appraisal(f"a{place}", words, np.array(wrong), np.array(wrong), names, ())


def order(appraisals, vectors=None, **options):
    count = len(appraisals)
    given = np.eye(count, 8, dtype=np.float32) if vectors is None else np.float32(vectors)
    known = np.zeros((0, given.shape[1]), dtype=np.float32)
    return [each.position for each in rank(appraisals, given, KNOWN, known, **options)]


def test_more_corrections_a_word_come_first():
    pool = [appraisal(0, 100, 1, 0, 0), appraisal(1, 100, 4, 0, 0), appraisal(2, 400, 8, 0, 0)]
    assert order(pool) == [1, 2, 0]


def test_errors_of_rare_types_count_more_as_the_weight_says():
    pool = [appraisal(0, 100, 1.2, 0, 0), appraisal(1, 100, 0, 0, 1)]
    assert order(pool) == [1, 0]
    assert order(pool, weights=Weights(rare=0)) == [0, 1]


def test_a_name_is_new_once():
    pool = [
        appraisal(0, 100, 1, 0, 0, nato=1.0),
        appraisal(1, 100, 1, 0, 0, houthis=1.0),
        appraisal(2, 99, 1, 0, 0, houthis=1.0),
        appraisal(3, 100, 1.1, 0, 0),
    ]
    assert order(pool) == [2, 3, 0, 1]
    told = rank(pool, np.eye(4, dtype=np.float32), KNOWN, np.zeros((0, 4), dtype=np.float32))
    assert [each.new for each in told] == [("houthis",), (), (), ()]
    assert told[0].fresh == pytest.approx(0.25)


def test_what_is_like_a_chosen_or_labelled_article_waits():
    pool = [appraisal(place, 100, 2 - place / 10, 0, 0) for place in range(4)]
    vectors = [[1, 0, 0.1], [1, 0.1, 0], [0, 1, 0], [0, 0, 1]]
    assert order(pool, vectors) == [0, 2, 3, 1]
    assert order(pool, vectors, weights=Weights(alike=0)) == [0, 1, 2, 3]
    known = np.float32([[1, 0, 0.05]])
    told = rank(pool, np.float32(vectors), KNOWN, known)
    assert [each.position for each in told][-2:] == [0, 1]


def test_after_the_budget_the_rest_follows_as_it_stands():
    pool = [appraisal(place, 100, 2 - place / 10, 0, 0) for place in range(6)]
    told = rank(
        pool,
        np.ones((6, 2), dtype=np.float32),
        KNOWN,
        np.zeros((0, 2), dtype=np.float32),
        budget=150,
    )
    assert sorted(each.position for each in told) == list(range(6))
    rest = [each.usefulness for each in told[2:]]
    assert rest == sorted(rest, reverse=True)
    assert order([]) == []


def test_a_budget_takes_what_fits_in_order():
    pool = [marked(f"w{words}", "word " * words) for words in (5, 3, 9, 2)]
    assert [each.id for each in within(pool, 10)] == ["w5", "w3", "w2"]
    assert words_in(within(pool, 10)) == 10
    assert within(pool, 1) == []


@pytest.fixture(scope="module")
def predictor(toy_world):
    return Predictor.from_pretrained(toy_world / "models" / "toy")


def test_expected_errors_are_those_of_the_words(predictor):
    document = marked("d", "[A:Ukraine] [M:struck] a depot, and [A:Kyiv] sent $5 million.")
    (reading,) = predictor.read([document.text])
    assert list(reading.spans) == predictor(document.text)
    assert np.exp(reading.log_probs).sum(axis=1) == pytest.approx(1, abs=1e-4)
    found = appraise(document, reading, TagSet(predictor.labels), naming="ACTOR")
    begins = np.exp(reading.log_probs[:, 1::2].astype(float))
    inside = [
        any(s.start < end and start < s.end for s in reading.spans)
        for start, end in zip(reading.words.starts, reading.words.ends, strict=True)
    ]
    missed = begins[~np.array(inside)].sum()
    spurious = sum(1 - span.score for span in reading.spans)
    assert found.wrong.sum() == pytest.approx(missed + spurious)
    assert found.words == len(document.text.split())
    assert set(found.names) <= {"ukraine", "kyiv"} | {
        document.surface(span).casefold() for span in reading.spans
    }
    (empty,) = predictor.read([""])
    assert appraise(replace(document, text="", spans=()), empty, TagSet(predictor.labels),
                    naming="ACTOR").wrong.sum() == 0  # fmt: skip


def test_known_counts_types_and_names():
    known = known_from([marked("d", "[A:Nato] and [A:NATO] [M:struck].")], LABELS, naming="ACTOR")
    assert known.spans.tolist() == [2, 1, 0]
    assert known.names == {"nato"}


def test_a_copy_of_a_labelled_article_is_most_alike(predictor):
    labelled = [marked("l", "[A:Germany] sent [G:14 tanks] to the port on Friday.")]
    pool = [
        marked("copy", labelled[0].text),
        marked("other", "The weather was mild, and nobody was hurt."),
        marked("third", "Rebels bombed a depot near Kherson; Poland pledged shells."),
    ]
    told = order_articles(predictor, pool, labelled, naming="ACTOR")
    alike = {each.document.id: each.ranked.likeness for each in told}
    assert alike["copy"] == pytest.approx(1, abs=1e-3)
    assert max(alike, key=alike.get) == "copy"
    assert [each.score for each in told] == pytest.approx([1 / 3, 2 / 3, 1], abs=1e-5)


def test_the_command_ranks_what_is_not_labelled(world, call):
    (world / "pool").mkdir()
    texts = {"one": "Rebels bombed the port, and Poland sent 9 tanks.", "two": "It was mild."}
    for name, text in texts.items():
        (world / "pool" / f"{name}.txt").write_text(text)
    labelled = json.loads((world / "export.json").read_text())[0]["data"]["text"]
    (world / "pool" / "labelled.txt").write_text(labelled)
    done = call("rank", "models/toy", "pool", "--out", "order.jsonl")
    assert done.code == 0, done.err
    assert "2 articles to rank; 1 are labelled already" in done.err
    rows = [json.loads(line) for line in (world / "order.jsonl").read_text().splitlines()]
    assert {row["id"] for row in rows} == {"one", "two"}
    assert [row["score"] for row in rows] == [0.5, 1]
    assert rows[0]["usefulness"] >= rows[1]["usefulness"]
    assert set(rows[0]["reasons"]) == {
        *("wrong_spans", "doubtful", "new_names", "rare_spans", "likeness")
    }
    for row in rows:
        for span in row["spans"]:
            assert texts[row["id"]][span["start"] : span["end"]] == span["text"]
    done = call("rank", "models/toy", "pool", "--format", "label-studio")
    tasks = json.loads(done.out)
    assert [task["predictions"][0]["score"] for task in tasks] == [0.5, 1]
    assert [task["data"]["id"] for task in tasks] == [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--format", "xml"], "jsonl, label-studio"),
        (["--names", "PLACE"], "ACTOR"),
        (["--labelled", "nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_calls_are_told_in_a_line(world, call, extra, message):
    (world / "pool.jsonl").write_text('{"text": "Rebels bombed the port."}\n')
    done = call("rank", "models/toy", "pool.jsonl", *extra)
    assert done.code == 2
    assert message in done.line
