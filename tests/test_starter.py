"""What the starter corpus promises: size, density, splits, and no sentence used twice."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from warwire import load_export
from warwire.corpus.markup import read_marked_up
from warwire.documents import Document

HOME = Path(__file__).parent.parent / "data" / "starter"
KINDS = {"template_tag", "also_read", "live_pointer", "share", "subscribe"} | {
    *("caption", "byline", "agency_credit", "date_header")
}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return load_export(HOME / "export.json", labeling_config=HOME / "labeling-config.xml").documents


def test_the_export_is_the_articles(documents: list[Document]) -> None:
    written = [each for file in (HOME / "articles").glob("*.txt") for each in read_marked_up(file)]
    exported = {each.id: (each.text, each.spans, each.date, each.source) for each in documents}
    assert exported == {
        each.id: (each.text, each.spans, each.date, each.source) for each in written
    }


def test_every_reading_is_of_the_article_as_it_stands(documents: list[Document]) -> None:
    texts = {document.id: document.text for document in documents}
    for file in (HOME / "readings").glob("*.txt"):
        assert {each.id: texts[each.id] == each.text for each in read_marked_up(file)} == {
            each.id: True for each in read_marked_up(file)
        }


def test_it_is_large_and_dense_enough(documents: list[Document]) -> None:
    spans = Counter(span.label for document in documents for span in document.spans)
    assert len(documents) >= 320
    assert sum(len(document.text.split()) for document in documents) >= 110_000
    assert spans["AID_AMOUNT"] >= 1_000
    assert sum(len(document.spans) <= 5 for document in documents) >= len(documents) / 10
    assert sum(bool(document.furniture) for document in documents) >= len(documents) / 3


def test_sums_of_aid_vary(documents: list[Document]) -> None:
    surfaces = Counter(
        document.surface(span)
        for document in documents
        for span in document.spans
        if span.label == "AID_AMOUNT"
    )
    assert max(surfaces.values()) <= 12
    assert len({re.sub(r"\d[\d,.]*", "9", surface) for surface in surfaces}) >= 60


def test_conflicts_and_years_are_spread(documents: list[Document]) -> None:
    conflicts = Counter(document.meta["conflict"] for document in documents)
    years = {int(str(document.date)[:4]) for document in documents}
    assert 0.4 <= conflicts["ukraine"] / len(documents) <= 0.6
    assert len(conflicts) >= 14
    assert min(years) == 1991
    assert max(years) <= 2026


def test_splits_hold_many_conflicts_and_forms(documents: list[Document]) -> None:
    splits: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        splits[document.meta["split"]].append(document)
    assert set(splits) == {"train", "validation", "test"}
    assert len(splits["test"]) >= 60
    for part in splits.values():
        assert len({document.meta["conflict"] for document in part}) >= 12
        assert len({document.meta["form"] for document in part}) >= 12


def test_a_fifth_is_annotated_twice_and_adjudicated(documents: list[Document]) -> None:
    twice = [document for document in documents if len(document.annotations) == 3]
    assert len(twice) >= len(documents) / 5
    assert all(sum(each.ground_truth for each in one.annotations) == 1 for one in twice)


def test_furniture_carries_no_span(documents: list[Document]) -> None:
    for document in documents:
        assert {piece.label for piece in document.furniture} <= KINDS
        for piece in document.furniture:
            assert not [span for span in document.spans if span.overlaps(piece)], document.id


def test_no_sentence_stands_in_two_articles(documents: list[Document]) -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for sentence in _sentences(document):
            homes[sentence].add(document.id)
    assert {sentence: ids for sentence, ids in homes.items() if len(ids) > 1} == {}


def test_no_two_articles_are_alike(documents: list[Document]) -> None:
    shingles = {document.id: _shingles(document) for document in documents}
    homes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for identity, held in shingles.items():
        for shingle in held:
            homes[shingle].append(identity)
    shared = Counter(
        (one, other) for ids in homes.values() for one in ids for other in ids if one < other
    )
    for (one, other), count in shared.items():
        assert count <= 0.2 * min(len(shingles[one]), len(shingles[other])), (one, other)


def _without_furniture(document: Document) -> str:
    text = document.text
    for piece in sorted(document.furniture, reverse=True):
        text = f"{text[: piece.start]}\n{text[piece.end :]}"
    return text


def _sentences(document: Document) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])[\"”’]?\s+|\n", _without_furniture(document)):
        words = re.findall(r"\w+", sentence.lower())
        if len(words) > 6:
            yield " ".join(words)


def _shingles(document: Document) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", _without_furniture(document).lower())
    return {tuple(words[place : place + 8]) for place in range(len(words) - 7)}
