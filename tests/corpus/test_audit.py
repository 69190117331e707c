"""The audit: planted faults are reported, a clean dataset is not."""

from dataclasses import replace

from tests.corpus.test_splits import article, wire_copy
from tests.toys import LABELS, marked
from warwire.corpus.audit import audit
from warwire.corpus.dataset import Prepared
from warwire.documents import Document
from warwire.spans import Span


def prepared(**splits: list[Document]) -> Prepared:
    return Prepared(LABELS, {"train": [], "validation": [], "test": []} | splits, {})


def test_a_planted_leak_is_reported() -> None:
    original = article(1)
    found = audit(prepared(train=[original, article(2)], test=[wire_copy(original, "copy")]))
    assert found["leaks"] == [
        {"kind": "near-duplicates", "articles": [["train", "a1"], ["test", "copy"]]}
    ]
    assert "leak: near-duplicates across splits: a1 in train, copy in test" in found["findings"]


def test_the_same_text_is_named_as_such() -> None:
    found = audit(prepared(train=[article(1)], test=[replace(article(1), id="again")]))
    assert [leak["kind"] for leak in found["leaks"]] == ["same text"]


def test_near_duplicates_on_one_side_are_no_leak() -> None:
    found = audit(prepared(train=[article(1), wire_copy(article(1), "b")], test=[article(2)]))
    assert found["leaks"] == []


def test_unseen_entities_are_counted_whatever_their_case() -> None:
    found = audit(
        prepared(
            train=[marked("a", "[A:Russia] and [A:NATO] met.")],
            test=[marked("b", "[A:RUSSIA] and [A:Poland] met; [A:Poland] left.")],
        )
    )
    assert found["unseen_in_test"]["ACTOR"] == {"unseen": 2, "spans": 3, "share": 0.6667}
    shared = [row for row in found["entity_overlap"] if row["splits"] == ["train", "test"]]
    assert shared[0] == {
        "splits": ["train", "test"],
        "label": "ACTOR",
        "shared": 1,
        "share_of_the_second": 0.5,
    }


def test_rare_types_are_named() -> None:
    found = audit(prepared(train=[marked("a", "[A:Russia] met.")]))
    assert {"split": "train", "label": "AID_AMOUNT", "spans": 0} in found["rare_types"]


def test_suspicious_edges_are_told_by_kind() -> None:
    text = "Russian forces, and\nUkraine 5m"
    spans = (
        Span(0, 6, "ACTOR"),
        Span(8, 15, "ACTOR"),
        Span(15, 24, "ACTOR"),
        Span(28, 29, "AID_AMOUNT"),
    )
    found = audit(prepared(train=[Document("a", text, spans)]))
    kinds = [row["kind"] for row in found["suspicious_spans"]["first"]]
    assert kinds == ["mid-word edge", "punctuation at the edge", "white space"]


def test_a_surface_marked_here_and_not_there() -> None:
    often = marked("a", "[A:Kyiv] said, [A:Kyiv] wrote, [A:Kyiv] knew.")
    found = audit(prepared(train=[often], test=[Document("b", "In Kyiv it rained. Kyivites!")]))
    (row,) = found["uneven_surfaces"]["first"]
    assert (row["text"], row["labels"], row["unmarked"]) == ("Kyiv", {"ACTOR": 3}, 1)
    assert row["unmarked_at"]["article"] == "b"


def test_furniture_is_no_place_to_mark() -> None:
    often = marked("a", "[A:Kyiv] said, [A:Kyiv] wrote, [A:Kyiv] knew.")
    text = "Also read: Kyiv"
    other = Document("b", text, furniture=(Span(0, len(text), "also_read"),))
    assert audit(prepared(train=[often, other]))["uneven_surfaces"]["count"] == 0


def test_spans_out_of_a_tokenizers_reach() -> None:
    one = marked("a", "[A:Kyiv] said so.")
    found = audit(prepared(train=[one]), reach=lambda document: document.spans)
    assert found["unreachable_spans"]["count"] == 1
    assert "unreachable_spans" not in audit(prepared(train=[one]))
