"""Write data/starter/README.md: the dataset card, with every figure counted from the files."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from warwire import score
from warwire.corpus.markup import read_marked_up
from warwire.documents import Document
from warwire.storage import write_text

HOME = Path(__file__).parent.parent / "data" / "starter"
LABELS = ("ACTOR", "MILITARY_ACTION", "AID_AMOUNT")
SEEN_BEFORE = ("s3-01", "s3-04")
NUMBER = re.compile(r"(?<![\w.,])[$€£¥]?\d[\d,.]*")
YEAR = re.compile(r"(19|20)\d\d")


def main() -> None:
    """Fill the template in."""
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    template = (HOME / "README.template.md").read_text(encoding="utf-8")
    documents = [
        document
        for file in sorted((HOME / "articles").glob("*.txt"))
        for document in read_marked_up(file)
    ]
    facts = _contents(documents) | _aid(documents) | _agreement()
    facts |= {"twice": len(_reading("second")), "review": _review()}
    facts["splits"] = list(_splits(documents))
    write_text(HOME / "README.md", environment.from_string(template).render(facts))


def _contents(documents: Sequence[Document]) -> dict[str, object]:
    kinds = Counter(span.label for document in documents for span in document.furniture)
    return {
        "articles": len(documents),
        "words": _words(documents),
        "spans": sum(len(document.spans) for document in documents),
        "few": sum(len(document.spans) <= 5 for document in documents),
        "with_furniture": sum(bool(document.furniture) for document in documents),
        "furniture": _listed(kinds),
        "conflicts": _listed(Counter(document.meta["conflict"] for document in documents)),
        "forms": _listed(Counter(document.meta["form"] for document in documents)),
        "styles": _listed(Counter(document.meta["style"] for document in documents)),
        "years": _listed(dict(sorted(Counter(str(each.date)[:4] for each in documents).items()))),
    }


def _aid(documents: Sequence[Document]) -> dict[str, object]:
    surfaces = Counter(
        document.surface(span)
        for document in documents
        for span in document.spans
        if span.label == "AID_AMOUNT"
    )
    shapes = {re.sub(r"\d[\d,.]*", "9", re.sub(r"[$€£¥]", "$", each)) for each in surfaces}
    return {
        "aid_surfaces": len(surfaces),
        "aid_most": max(surfaces.values()),
        "aid_shapes": len(shapes),
        "other_numbers": sum(_other_numbers(document) for document in documents),
    }


def _other_numbers(document: Document) -> int:
    aid = [span for span in document.spans if span.label == "AID_AMOUNT"]
    return sum(
        not YEAR.fullmatch(number[0].strip(".,"))
        and not any(span.start <= number.start() < span.end for span in aid)
        for number in NUMBER.finditer(document.text)
    )


def _splits(documents: Sequence[Document]) -> Iterable[list[str]]:
    with (HOME / "splits.csv").open(encoding="utf-8", newline="") as rows:
        splits = {row["id"]: row["split"] for row in csv.DictReader(rows)}
    for name in ("train", "validation", "test"):
        part = [document for document in documents if splits[document.id] == name]
        found = Counter(span.label for document in part for span in document.spans)
        counts = [len(part), _words(part), *(found[label] for label in LABELS)]
        yield [name, *(f"{count:,}" for count in counts)]


def _agreement() -> dict[str, object]:
    first, second = _reading("first"), _reading("second")
    scores = score(first, [document.spans for document in second])
    rows = [
        [row, f"{counts.f1:.3f}", f"{counts.reference:,}", f"{counts.predicted:,}"]
        for row in ("all", *LABELS)
        for counts in [scores.counts(row)]
    ]
    unseen = [place for place, each in enumerate(first) if each.id not in SEEN_BEFORE]
    apart = score([first[place] for place in unseen], [second[place].spans for place in unseen])
    return {"agreement": rows, "agreement_without": f"{apart.counts().f1:.3f}"}


def _reading(name: str) -> list[Document]:
    return read_marked_up(HOME / "readings" / f"{name}.txt")


def _review() -> str:
    return (HOME / "review.md").read_text(encoding="utf-8").strip()


def _words(documents: Iterable[Document]) -> int:
    return sum(len(document.text.split()) for document in documents)


def _listed(counts: dict[str, int]) -> str:
    pairs = counts.most_common() if isinstance(counts, Counter) else counts.items()
    return ", ".join(f"{name} {count}" for name, count in pairs)


if __name__ == "__main__":
    main()
