"""Wrong labels are found by what contradicts them, ranked by how surely, and shown as they are."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.cli.conftest import call, world
from tests.toys import LABELS, marked
from tests.worlds import done
from warwire import Document, Span
from warwire.documents import Annotation
from warwire.errors import InputError
from warwire.experiments.corruption import KINDS, corrupt
from warwire.experiments.folds import assign_folds, read_by_folds
from warwire.experiments.suspects import Claim, Suspect, find_suspects, take_up
from warwire.experiments.usage import usage_of
from warwire.tagging.encoding import TagSet, Tokens, encode_spans
from warwire.tagging.reading import Reading

pytest.importorskip("cleanlab", reason="pip install 'warwire[suspects]'")
__all__ = ["call", "world"]
TAGS = TagSet(LABELS)
NEWS = [
    "[A:Russian forces] [M:shelled] the port.",
    "[A:Kyiv] said [A:Russian forces] [M:withdrew].",
    "[A:Germany] sent [G:14 tanks] after [A:Russian forces] [M:shelled] a depot.",
    "[A:Poland] gave [G:$5 million] on Friday.",
    "On Friday [A:Russian forces] [M:struck] a camp near Kyiv.",
]
TRUTH = [marked(f"n{place}", body) for place, body in enumerate(NEWS)]


def read(document: Document, *, sure: float = 0.97, but: dict[str, float] | None = None) -> Reading:
    """A model that reads the spans of a document, less sure of the words in `but`."""
    import re

    edges = [match.span() for match in re.finditer(r"\w+|[^\w\s]", document.text)]
    starts, ends = (np.array(side, dtype=np.int64) for side in zip(*edges, strict=True))
    words = Tokens(np.zeros_like(starts), starts, ends)
    path = encode_spans(words, document.spans, TAGS)
    rest = len(TAGS.names) - 1
    probs = np.full((len(edges), rest + 1), (1 - sure) / rest)
    probs[np.arange(len(edges)), path] = sure
    for place, (start, end) in enumerate(edges):
        if (low := (but or {}).get(document.text[start:end])) is not None:
            probs[place] = (1 - low) / rest
            probs[place, path[place]] = low
    spans = tuple(replace(span, score=sure) for span in document.spans)
    return Reading(spans, words, np.log(probs).astype(np.float32))


READINGS = [read(document) for document in TRUTH]


def spoil(place: int, change) -> list[Document]:
    spoiled = list(TRUTH)
    spans = [change(span, TRUTH[place].surface(span)) for span in TRUTH[place].spans]
    spoiled[place] = TRUTH[place].with_spans(tuple(span for span in spans if span))
    return spoiled


def only(documents: list[Document]) -> tuple[Suspect, Document]:
    (suspect,) = find_suspects(documents, READINGS, LABELS)
    return suspect, documents[suspect.article]


def test_right_labels_raise_no_suspicion():
    assert find_suspects(TRUTH, READINGS, LABELS) == []
    assert find_suspects([], [], LABELS) == []


def test_a_dropped_label():
    suspect, document = only(spoil(2, lambda span, text: None if text == "shelled" else span))
    assert suspect.claim.kind == "missing"
    assert [document.surface(span) for span in suspect.claim.proposed] == ["shelled"]
    assert suspect.elsewhere == (1, 0)
    assert suspect.confident
    assert suspect.score > 0.95


def test_a_wrong_type():
    wrong = spoil(
        0, lambda span, text: replace(span, label="AID_AMOUNT") if span.start == 0 else span
    )
    suspect, document = only(wrong)
    assert suspect.claim.kind == "wrong type"
    assert suspect.claim.given == (Span(0, 14, "AID_AMOUNT"),)
    assert suspect.claim.proposed == (Span(0, 14, "ACTOR"),)
    assert suspect.elsewhere == (3, 0)
    mended = take_up(document.spans, [suspect])
    assert [span.key for span in mended] == [span.key for span in TRUTH[0].spans]
    assert mended[0].score == pytest.approx(suspect.score, abs=1e-3)


def test_a_shifted_edge():
    suspect, document = only(spoil(4, lambda s, text: replace(s, start=18) if s.start == 10 else s))
    assert suspect.claim.kind == "wrong edge"
    assert [document.surface(span) for span in suspect.claim.given] == ["forces"]
    assert [document.surface(span) for span in suspect.claim.proposed] == ["Russian forces"]
    assert suspect.elsewhere == (3, 0)


def test_a_label_too_many():
    extra = list(TRUTH)
    extra[3] = TRUTH[3].with_spans((*TRUTH[3].spans, Span(26, 32, "MILITARY_ACTION")))
    suspect, document = only(extra)
    assert suspect.claim.kind == "superfluous"
    assert document.surface(suspect.claim.given[0]) == "Friday"
    assert suspect.elsewhere == (1, 0)


def test_the_surer_contradiction_comes_first():
    wrong = spoil(0, lambda span, text: None)
    unsure = [read(TRUTH[0], but={"shelled": 0.4}), *READINGS[1:]]
    first, second = find_suspects(wrong, unsure, LABELS)
    assert [wrong[0].surface(each.claim.proposed[0]) for each in (first, second)] == [
        *("Russian forces", "shelled")
    ]
    assert first.score > second.score


def test_the_same_words_elsewhere_speak_where_the_model_is_silent():
    corpus = [marked(f"k{at}", f"[A:Nato] met number {at}.") for at in range(6)]
    corpus.append(Document("odd", "Nato fled."))
    doubting = [read(each, but={"Nato": 0.5}) for each in corpus]
    (suspect,) = find_suspects(corpus, doubting, LABELS)
    assert (suspect.article, suspect.claim.kind, suspect.elsewhere) == (6, "missing", (6, 0))
    assert find_suspects(corpus, [read(each) for each in corpus], LABELS) == []


def test_a_kind_of_claim_that_is_made_all_the_time_weighs_less():
    """Models often see a name where there is none; they seldom take one type for another."""
    corpus, readings = list(TRUTH), list(READINGS)
    for at in range(40):
        corpus.append(Document(f"often{at}", f"Envoys {at} of Oslo met."))
        seen = marked(f"seen{at}", f"[A:Envoys {at}] of Oslo met.")
        readings.append(read(seen, sure=0.9))
    corpus[3] = spoil(3, lambda span, text: replace(span, label="ACTOR"))[3]
    readings[3] = read(TRUTH[3], sure=0.9)
    first, *others = find_suspects(corpus, readings, LABELS)
    assert first.claim.kind == "wrong type"
    assert first.rarity > 0 > others[-1].rarity
    assert {each.claim.kind for each in others} == {"missing"}


def test_an_annotator_who_differs_speaks_too():
    document = TRUTH[0]
    two = (Annotation("ann", document.spans), Annotation("ben", document.spans[:1]))
    disputed = replace(document, annotations=two)
    doubting = read(disputed, but={"shelled": 0.5})
    (suspect,) = find_suspects([disputed], [doubting], LABELS, least=0.1)
    assert suspect.claim == Claim((document.spans[1],), ())
    assert suspect.annotators == (1, 0)
    agreed = replace(document, annotations=(two[0], Annotation("ben", document.spans)))
    assert find_suspects([agreed], [doubting], LABELS, least=0.1) == []


def test_usage_counts_places_that_nothing_cuts():
    documents = [
        marked("a", "[A:Nato] and [A:Nato forces] met."),
        replace(Document("b", "Nato said. Nato"), furniture=(Span(11, 15, "SITE"),)),
    ]
    ways = usage_of(documents, [])
    assert dict(ways.ways["Nato"]) == {((0, 4, "ACTOR"),): 1, (): 1}


def test_corruption_is_what_was_asked_for():
    documents = [replace(each, id=f"{each.id}-{n}") for n in range(20) for each in TRUTH]
    spoiled, done_ = corrupt(documents, LABELS, share=0.06, seed=3)
    total = sum(len(each.spans) for each in documents)
    assert len(done_) == 3 * round(0.06 * total / 3)
    assert {kind: sum(each.kind == kind for each in done_) for kind in KINDS} == dict.fromkeys(
        KINDS, len(done_) // 3
    )
    assert corrupt(documents, LABELS, share=0.06, seed=3)[1] == done_
    for each in done_:
        before, after = documents[each.article], spoiled[each.article]
        assert each.before in before.spans
        assert each.before not in after.spans
        assert each.after is None or each.after in after.spans
        assert after.text == before.text
    for document in spoiled:
        flat = sorted(document.spans)
        assert all(one.end <= two.start for one, two in zip(flat, flat[1:], strict=False))
    with pytest.raises(InputError, match="one type"):
        corrupt(documents, ["ACTOR"], share=0.1, seed=1)


def test_near_duplicates_share_a_fold():
    body = " ".join(f"word{place}" for place in range(60))
    copies = [Document("a", body), Document("b", f"{body} more")]
    others = [Document(f"c{at}", f"{at} " * 9 + f"x{at} y{at} z{at}") for at in range(7)]
    folds = assign_folds([*copies, *others], 4, seed=1)
    assert folds[0] == folds[1]
    assert set(folds) == set(range(4))
    assert folds == assign_folds([*copies, *others], 4, seed=1)
    with pytest.raises(InputError, match="only 1"):
        assign_folds(copies, 2, seed=1)
    with pytest.raises(InputError, match="at least two"):
        assign_folds(others, 1, seed=1)


def test_folds_are_read_once(toy_base, tmp_path, monkeypatch):
    from tests.model.conftest import build_config

    config, said = build_config(toy_base, epochs=2), []
    options = {"folds": 2, "seed": 1, "cache": tmp_path, "tell": said.append}
    first = read_by_folds(config, LABELS, TRUTH, **options)
    monkeypatch.setattr("warwire.experiments.folds.fit", lambda *_, **__: pytest.fail("trained"))
    again = read_by_folds(config, LABELS, TRUTH, **options)
    assert sum("already" in line for line in said) == 2
    for one, two, document in zip(first, again, TRUTH, strict=True):
        assert one.spans == two.spans
        assert (one.log_probs == two.log_probs).all()
        assert (one.words.starts == two.words.starts).all()
        assert document.text[one.words.starts[0] : one.words.ends[0]] == document.text.split()[0]
    assert not list(tmp_path.glob(".*"))


def test_the_command_writes_list_page_and_predictions(world, call):
    tasks = json.loads((world / "export.json").read_text())
    tasks[0]["data"]["text"] = tasks[0]["data"]["text"].replace("port", "<b>&")
    (world / "export.json").write_text(json.dumps(tasks))
    done(["prepare", "export.json", "--out", "data"])
    command = (
        "suspects",
        "toy.yaml",
        "training.epochs=3",
        "--data",
        "data",
        "--folds",
        "2",
        "--least",
        "0.2",
    )
    ended = call(*command)
    assert ended.code == 0, ended.err
    assert "Fold 2 of 2" in ended.err
    folder = world / "data-suspects"
    rows = [json.loads(line) for line in (folder / "suspects.jsonl").read_text().splitlines()]
    assert rows
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    page = (folder / "suspects.html").read_text()
    assert page.count("<h4>As labelled</h4>") == len(rows)
    assert "<b>&" not in page
    texts = {task["data"]["id"]: task["data"]["text"] for task in tasks}
    lines = (folder / "predictions.jsonl").read_text().splitlines()
    for each in map(json.loads, lines):
        for span in each["spans"]:
            assert texts[each["id"]][span["start"] : span["end"]] == span["text"]
    assert {json.loads(line)["id"] for line in lines} == {row["id"] for row in rows}
    assert "is read already" in call(*command).err


def test_a_missing_library_is_named(world, call, monkeypatch):
    monkeypatch.setattr("warwire.experiments.confidence.find_spec", lambda name: None)
    ended = call("suspects", "toy.yaml")
    assert ended.code == 2
    assert "pip install 'warwire[suspects]'" in ended.line
