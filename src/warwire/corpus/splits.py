"""Which articles train, which validate and which test: by article, fixed by seed."""

import hashlib
import re
from collections.abc import Callable, Sequence

from warwire.documents import Document
from warwire.errors import InputError

SPLITS = ("train", "validation", "test")
Splits = dict[str, list[Document]]
HOW = "write ratios as 70/10/20, a fold as fold:1/3, or 'given' for a split named by each task"


def split_documents(documents: Sequence[Document], *, spec: str = "auto", seed: int = 13) -> Splits:
    """The articles of each split, in their order, by a split specification.

    `given` takes each article's own `split` from its data; `70/10/20` draws train, validation and
    test by a hash of seed and article id, so that adding an article moves no other;
    `fold:2/3` tests on the second of three folds and validates on a tenth of the rest; `auto` is
    `given` where every article names a split, else `70/10/20`. Raises InputError.
    """
    if spec == "auto":
        named = all(document.meta.get("split") in SPLITS for document in documents)
        spec = "given" if named else "70/10/20"
    assign = _assignment(spec, seed)
    splits: Splits = {name: [] for name in SPLITS}
    for document in documents:
        splits[assign(document)].append(document)
    return _refuse_empty(splits, spec, seed)


def _assignment(spec: str, seed: int) -> Callable[[Document], str]:
    if spec == "given":
        return _given
    if fold := re.fullmatch(r"fold:(\d+)/(\d+)", spec):
        return _fold(int(fold[1]), int(fold[2]), seed)
    if ratios := re.fullmatch(r"(\d+)/(\d+)/(\d+)", spec):
        return _ratios([int(share) for share in ratios.groups()], seed)
    raise InputError(f"split {spec!r} is unknown; {HOW}")


def _given(document: Document) -> str:
    split = document.meta.get("split")
    if split not in SPLITS:
        raise InputError(
            f"article {document.id}: its data names no split (found {split!r});"
            f" every task needs 'split' as one of {', '.join(SPLITS)}"
        )
    return str(split)


def _ratios(shares: Sequence[int], seed: int) -> Callable[[Document], str]:
    if sum(shares) == 0:
        raise InputError(f"split shares {shares} add up to nothing; {HOW}")
    train, validation, _ = (share / sum(shares) for share in shares)

    def assign(document: Document) -> str:
        place = _uniform(document.id, f"{seed}")
        if place < train:
            return "train"
        return "validation" if place < train + validation else "test"

    return assign


def _fold(number: int, folds: int, seed: int) -> Callable[[Document], str]:
    if not 1 <= number <= folds or folds < 2:
        raise InputError(f"fold {number} of {folds} does not exist; {HOW}")

    def assign(document: Document) -> str:
        if int(_uniform(document.id, f"{seed} fold") * folds) == number - 1:
            return "test"
        return "validation" if _uniform(document.id, f"{seed} validation") < 0.1 else "train"

    return assign


def _uniform(identity: str, salt: str) -> float:
    digest = hashlib.sha256(f"{salt}\n{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _refuse_empty(splits: Splits, spec: str, seed: int) -> Splits:
    empty = [name for name in SPLITS if not splits[name]]
    if empty:
        sizes = ", ".join(f"{name} {len(splits[name])}" for name in SPLITS)
        raise InputError(
            f"split {spec!r} with seed {seed} leaves {' and '.join(empty)} empty ({sizes});"
            " choose other shares with --split, another --seed, or label more articles"
        )
    return splits
