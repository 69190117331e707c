"""Other forms of a dataset: words and tags, Parquet, CoNLL, spaCy, a hub."""

from pathlib import Path
from typing import Any

import pytest

from tests.toys import ARTICLES, LABELS
from warwire.corpus.dataset import Prepared, save_dataset
from warwire.corpus.views import FORMS, push_to_hub, words_and_tags, write_forms
from warwire.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    splits = {"train": ARTICLES[:2], "validation": ARTICLES[2:3], "test": ARTICLES[3:]}
    save_dataset(tmp_path / "built", Prepared(LABELS, splits, {}), ledger={}, card="")
    return tmp_path / "built"


def test_words_and_tags_are_typed_and_exact_on_word_edges() -> None:
    view = words_and_tags(ARTICLES, LABELS)
    names = view.features["ner_tags"].feature.names
    assert names[:3] == ["O", "B-ACTOR", "I-ACTOR"]
    row = view[0]
    tagged = [(word, names[tag]) for word, tag in zip(row["tokens"], row["ner_tags"], strict=True)]
    assert tagged[:3] == [
        ("Russian", "B-ACTOR"),
        ("forces", "I-ACTOR"),
        ("shelled", "B-MILITARY_ACTION"),
    ]


def test_an_empty_view_keeps_its_features() -> None:
    assert words_and_tags([], LABELS).features == words_and_tags(ARTICLES, LABELS).features


def test_forms_are_written_beside_the_splits(folder: Path) -> None:
    assert write_forms(folder, ["parquet", "conll", "words"]) == []
    import datasets
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(folder / "parquet" / "train.parquet")
    assert table.column("id").to_pylist() == [each.id for each in ARTICLES[:2]]
    assert (folder / "conll" / "test.conll").read_text().startswith("-DOCSTART- O\n")
    assert datasets.load_from_disk(str(folder / "words"))["train"].num_rows == 2
    assert datasets.load_from_disk(str(folder))["train"].num_rows == 2


def test_spacy_documents_hold_text_and_entities(folder: Path) -> None:
    spacy = pytest.importorskip("spacy")
    write_forms(folder, ["spacy"])
    box = spacy.tokens.DocBin(store_user_data=True).from_disk(folder / "spacy" / "train.spacy")
    for before, after in zip(ARTICLES, box.get_docs(spacy.blank("en").vocab), strict=False):
        assert after.text == before.text
        assert after.user_data["id"] == before.id
        assert [(each.start_char, each.end_char, each.label_) for each in after.ents] == [
            span.key for span in before.spans
        ]


def test_unknown_forms_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=", ".join(FORMS)):
        write_forms(folder, ["xml"])


def test_pushing_uploads_every_split_privately(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    sent: list[Any] = []

    def push(self: Any, repository: str, **options: Any) -> None:
        sent.append((sorted(self), repository, options))

    monkeypatch.setattr(datasets.DatasetDict, "push_to_hub", push)
    push_to_hub(folder, "someone/conflict")
    assert sent == [(["test", "train", "validation"], "someone/conflict", {"private": True})]


def test_evaluates_own_evaluator_takes_the_view() -> None:
    evaluator = pytest.importorskip("evaluate").evaluator("token-classification")
    view = words_and_tags(ARTICLES, LABELS)
    _, references, _ = _prepare(evaluator, view)
    assert references[0][:2] == ["B-ACTOR", "I-ACTOR"]


def _prepare(evaluator: Any, view: Any) -> tuple[Any, list[list[str]], Any]:
    """What the evaluator makes of a dataset before it runs a pipeline."""
    inputs, data = evaluator.prepare_data(view, "tokens", "ner_tags", " ")
    return data, inputs["references"], None
