"""A prepared dataset in other forms: words and tags, Parquet, CoNLL, spaCy, a hub."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from warwire.corpus.conll import conll_lines, word_lines
from warwire.corpus.dataset import Prepared, load_dataset
from warwire.documents import Document
from warwire.errors import InputError

FORMS = ("parquet", "conll", "spacy", "words")


def words_and_tags(documents: Iterable[Document], labels: Sequence[str]) -> Any:
    """A `datasets.Dataset` of id, tokens and ner_tags (BIO), as evaluate's own evaluator takes it.

    A token is a run of letters and digits, or one other sign; a row is an article.
    """
    from datasets import ClassLabel, Dataset, DatasetInfo, Features, List, Value

    names = ["O", *(f"{mark}-{label}" for label in labels for mark in "BI")]
    features = Features(
        {
            "id": Value("string"),
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
        }
    )
    rows = [_words_row(document, names) for document in documents]
    if not rows:
        return Dataset(features.arrow_schema.empty_table(), DatasetInfo(features=features))
    return Dataset.from_list(rows, features=features)


def write_forms(folder: Path, forms: Sequence[str]) -> list[str]:
    """Write a dataset's other forms into its folder, each split under the form's name.

    Returns a line on each that lost something. Raises InputError for an unknown form, or where
    spaCy is asked for and not installed.
    """
    unknown = sorted(set(forms) - set(FORMS))
    if unknown:
        raise InputError(f"unknown form {unknown[0]!r}; choose of {', '.join(FORMS)}")
    prepared = load_dataset(folder)
    notes = [note for form in forms for note in _WRITERS[form](folder, prepared)]
    return [note for note in notes if note]


def push_to_hub(folder: Path, repository: str, *, private: bool = True) -> None:
    """Upload a prepared dataset as Parquet to `USER/NAME` on the Hugging Face hub."""
    from datasets import load_from_disk

    load_from_disk(str(folder)).push_to_hub(repository, private=private)


def _words_row(document: Document, names: Sequence[str]) -> dict[str, Any]:
    words = [pair for line in word_lines(document) for pair in line]
    return {
        "id": document.id,
        "tokens": [word for word, _ in words],
        "ner_tags": [names.index(tag) for _, tag in words],
    }


def _write_parquet(folder: Path, prepared: Prepared) -> list[str]:
    from datasets import load_from_disk

    (folder / "parquet").mkdir(exist_ok=True)
    for name, part in load_from_disk(str(folder)).items():
        part.to_parquet(str(folder / "parquet" / f"{name}.parquet"))
    return []


def _write_conll(folder: Path, prepared: Prepared) -> list[str]:
    (folder / "conll").mkdir(exist_ok=True)
    for name, documents in prepared.splits.items():
        with (folder / "conll" / f"{name}.conll").open("w", encoding="utf-8") as file:
            for document in documents:
                file.writelines(conll_lines(document))
    return []


def _write_words(folder: Path, prepared: Prepared) -> list[str]:
    from datasets import DatasetDict

    parts = {}
    for name, documents in prepared.splits.items():
        parts[name] = words_and_tags(documents, prepared.labels)
        parts[name]._fingerprint = prepared.recipe["fingerprints"][name]
    DatasetDict(parts).save_to_disk(str(folder / "words"))
    return []


def _write_spacy(folder: Path, prepared: Prepared) -> list[str]:
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError as error:
        raise InputError("spaCy is not installed: pip install 'warwire[spacy]'") from error
    blank = spacy.blank("en")
    (folder / "spacy").mkdir(exist_ok=True)
    widened = lost = 0
    for name, documents in prepared.splits.items():
        box = DocBin(attrs=["ENT_IOB", "ENT_TYPE", "SPACY"], store_user_data=True)
        for document in documents:
            made, changes = _spacy_doc(document, blank)
            widened, lost = widened + changes[0], lost + changes[1]
            box.add(made)
        box.to_disk(str(folder / "spacy" / f"{name}.spacy"))
    if widened or lost:
        return [f"spaCy: {widened} spans were widened to whole tokens, {lost} shared one and fell"]
    return []


def _spacy_doc(document: Document, blank: Any) -> tuple[Any, tuple[int, int]]:
    from spacy.util import filter_spans

    made = blank.make_doc(document.text)
    made.user_data["id"] = document.id
    exact = [made.char_span(span.start, span.end, label=span.label) for span in document.spans]
    wide = [
        found or made.char_span(span.start, span.end, label=span.label, alignment_mode="expand")
        for found, span in zip(exact, document.spans, strict=True)
    ]
    kept = filter_spans([each for each in wide if each is not None])
    made.set_ents(kept)
    return made, (exact.count(None), len(document.spans) - len(kept))


_WRITERS: Mapping[str, Any] = {
    "parquet": _write_parquet,
    "conll": _write_conll,
    "spacy": _write_spacy,
    "words": _write_words,
}
