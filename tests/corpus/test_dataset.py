import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import flat_spans
from tests.toys import ARTICLES, LABELS
from tests.worlds import tree_hash
from warwire.corpus.dataset import Prepared, fingerprint, load_dataset, save_dataset
from warwire.documents import Annotation, Document, Origin, Relation
from warwire.errors import InputError
from warwire.spans import Span

RICH = Document(
    "rich",
    "\U0001f1fa\U0001f1e6 Kyiv struck.\r\n",
    (Span(3, 7, "ACTOR"), Span(8, 14, "MILITARY_ACTION")),
    date="2024-05-01",
    source="Gazette",
    meta={"desk": "war", "page": 3, "tags": ["a", None], "nested": {"x": 1.5}},
    annotations=(
        Annotation("1", (Span(3, 7, "ACTOR"),), ground_truth=True),
        Annotation("2", ()),
    ),
    furniture=(Span(0, 2, "ad"),),
    controls={"cert": (Span(3, 7, "SURE"),)},
    origins=(Origin("1", "2", "r1"), Origin("1", "2", "r2")),
    relations=(Relation("r1", "r2", "left", ("gave",)),),
)
BARE = Document("bare", "Nothing.")


def save(folder: Path, *documents: Document) -> dict:
    splits = {"train": documents, "validation": ARTICLES[:1], "test": ARTICLES[1:]}
    recipe = {"exports": ["a.json"], "seed": 13}
    return save_dataset(folder, Prepared(LABELS, splits, recipe), ledger={"n": 1}, card="# Card\n")


def test_documents_come_back_whole(tmp_path: Path) -> None:
    save(tmp_path / "data", RICH, BARE)
    loaded = load_dataset(tmp_path / "data")
    assert loaded.labels == LABELS
    assert list(loaded.splits["train"]) == [RICH, BARE]
    assert list(loaded.splits["test"]) == list(ARTICLES[1:])


def test_the_library_itself_loads_the_dataset_with_named_labels(tmp_path: Path) -> None:
    from datasets import load_from_disk

    save(tmp_path / "data", RICH)
    part = load_from_disk(str(tmp_path / "data"))["train"]
    assert part.features["spans"].feature["label"].names == list(LABELS)
    assert part[0]["spans"] == [
        {"start": 3, "end": 7, "label": 0},
        {"start": 8, "end": 14, "label": 1},
    ]


def test_what_a_dataset_remembers(tmp_path: Path) -> None:
    recipe = save(tmp_path / "data", RICH)
    assert load_dataset(tmp_path / "data").recipe == recipe
    assert recipe["labels"] == list(LABELS)
    assert recipe["sizes"] == {"train": 1, "validation": 1, "test": 3}
    assert recipe["fingerprints"]["train"] == fingerprint([RICH])
    assert json.loads((tmp_path / "data" / "ledger.json").read_text()) == {"n": 1}
    assert (tmp_path / "data" / "README.md").read_text() == "# Card\n"


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "twice"):
        save(tmp_path / name, RICH, BARE)
    assert tree_hash(tmp_path / "once") == tree_hash(tmp_path / "twice")


@settings(max_examples=30)
@given(st.text(string.ascii_letters, min_size=30, max_size=30), flat_spans())
def test_a_fingerprint_changes_with_text_spans_and_order(text: str, spans: list[Span]) -> None:
    article = Document("a", text, tuple(spans))
    other = Document("b", text)
    marks = {
        fingerprint(each)
        for each in (
            [article],
            [Document("z", text, tuple(spans))],
            [Document("a", text + ".", tuple(spans))],
            [article.with_spans((*spans[:-1], Span(0, 30, "OTHER")))],
            [article, other],
            [other, article],
        )
    }
    assert len(marks) == 6


@pytest.mark.parametrize("missing", ["prepare.yaml", "dataset_dict.json", ""])
def test_a_folder_that_is_no_dataset_is_named(tmp_path: Path, missing: str) -> None:
    save(tmp_path / "data", RICH)
    if missing:
        (tmp_path / "data" / missing).unlink()
    folder = tmp_path / "data" if missing else tmp_path / "none"
    with pytest.raises(InputError, match="no prepared dataset; make one with 'warwire prepare"):
        load_dataset(folder)
