"""What became of the gold spans that a run is measured on: said to people, and as counts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warwire.cli.console import say

if TYPE_CHECKING:
    from warwire.corpus.ledger import Ledger
    from warwire.documents import Document

MOST_SHOWN = 5
UNMARKED = "type that the model does not mark"


def tell_rejects(ledger: "Ledger", *, rest: str) -> None:
    """The first of what an import rejected; `rest` says where all of it can be read."""
    for reject in ledger.rejects[:MOST_SHOWN]:
        say(f"rejected: {reject}")
    if len(ledger.rejects) > MOST_SHOWN:
        say(f"… and {len(ledger.rejects) - MOST_SHOWN} more{rest}")


def gold_of_export(export: Path, ledger: "Ledger") -> dict[str, Any]:
    """The outcomes of an export's spans; said where any did not become part of the reference."""
    spans: dict[str, Any] = ledger.to_dict()["spans"]
    if ledger.rejects or spans["rejected"] or spans["set_aside"]:
        outcomes = (f"{_total(spans[name])} {_told(name, spans[name])}" for name in _LOST)
        kept = spans["kept"] + _total(spans["repaired"])
        say(f"{export}: {spans['read']} gold spans read, {kept} kept, {', '.join(outcomes)}.")
    tell_rejects(ledger, rest=f"; 'warwire prepare {export} --out DIR' lists all in ledger.json")
    return spans


def gold_of_dataset(documents: Sequence["Document"], labels: Sequence[str]) -> dict[str, Any]:
    """The same counts for articles of a dataset; said where it has types unknown to the model."""
    from warwire.evaluation.scoring import spans_outside

    read = sum(len(document.spans) for document in documents)
    unknown = spans_outside(documents, labels)
    if left_out := _total(unknown):
        types = ", ".join(f"{label} {count}" for label, count in unknown.items())
        say(f"The model does not mark {left_out} of {read} gold spans, left out here: {types}.")
    counts: dict[str, Any] = {"read": read, "kept": read - left_out, "repaired": {}}
    return counts | {"rejected": {}, "set_aside": {UNMARKED: left_out} if left_out else {}}


_LOST = ("rejected", "set_aside")


def _told(name: str, kinds: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return name.replace("_", " ") + (f" ({reasons})" if reasons else "")


def _total(kinds: Mapping[str, int]) -> int:
    return sum(kinds.values())
