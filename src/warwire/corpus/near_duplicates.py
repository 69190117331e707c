"""Clusters of near-duplicates (wire copies, updated versions), by MinHash over word triples."""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from warwire.documents import Document

Signature = npt.NDArray[np.uint32]

PERMUTATIONS = 256
BAND = (0, 1, 4)
"""Columns that a band joins; shifted 256 times, no two bands share more than one of them.

Pairs that share a quarter of their triples meet in 98 %, pairs that share 40 % in all but 1e-7.
"""
SIMILAR = 0.2
"""Least share of common triples; unrelated reports of one event stay under 0.05."""
FELLOWS = 20
_WORD = re.compile(r"\w+")
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


@dataclass(slots=True)
class Fingerprints:
    """Signatures of texts as they come: 1 KB an article, so that all fit in memory."""

    signatures: list[Signature] = field(default_factory=list)
    _sketch: Any = None
    _words: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Sketch one text (Broder, 1997): the least hash of its word triples under permutations."""
        triples = self._triples(text)
        if self._sketch is None:
            from datasketch import MinHash

            self._sketch = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=int)
        self._sketch.clear()
        self._sketch.update_batch(triples.tolist())
        self.signatures.append(self._sketch.hashvalues.astype(np.uint32))

    def _triples(self, text: str) -> npt.NDArray[np.uint32]:
        codes = self._words
        found = _WORD.findall(text.lower())
        for word in found:
            if word not in codes:
                codes[word] = zlib.crc32(word.encode("utf-8", "replace"))
        hashes = np.array([codes[word] for word in found] or [0], dtype=np.uint64)
        while len(hashes) < 3:
            hashes = np.append(hashes, hashes[-1:])
        with np.errstate(over="ignore"):
            mixed = hashes[:-2] * _MIX[0] + hashes[1:-1] * _MIX[1] + hashes[2:] * _MIX[2]
        return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


@dataclass(frozen=True, slots=True)
class Clusters:
    """`leaders` names for each article the first article of its cluster, by position.

    `ties` holds each article that joined clusters which stood apart before it, with their leaders.
    """

    leaders: list[int]
    ties: list[tuple[int, tuple[int, ...]]]

    @property
    def members(self) -> dict[int, list[int]]:
        """The positions in each cluster of more than one article, by leader."""
        groups: dict[int, list[int]] = defaultdict(list)
        for position, leader in enumerate(self.leaders):
            groups[leader].append(position)
        return {leader: group for leader, group in groups.items() if len(group) > 1}


def cluster_documents(documents: Iterable[Document]) -> Clusters:
    """The near-duplicate clusters of articles, furniture left out of account."""
    fingerprints = Fingerprints()
    for document in documents:
        fingerprints.add(own_text(document))
    return cluster(fingerprints)


def own_text(document: Document) -> str:
    """The article's text without its furniture; all of it where nothing else is left."""
    position, parts = 0, []
    for span in document.furniture:
        parts.append(document.text[position : span.start])
        position = max(position, span.end)
    left = " ".join([*parts, document.text[position:]])
    return left if left.strip() else document.text


def cluster(fingerprints: Fingerprints) -> Clusters:
    """Clusters grown in the articles' order: the first one leads, later ones join or tie.

    An article added at the end therefore moves no other, unless it ties two clusters.
    """
    fellows: dict[int, set[int]] = defaultdict(set)
    for early, late in similar_pairs(fingerprints):
        fellows[late].add(early)
    leaders = list(range(len(fingerprints.signatures)))
    ties: list[tuple[int, tuple[int, ...]]] = []
    for late in sorted(fellows):
        roots = sorted({_root(leaders, early) for early in fellows[late]})
        for root in roots[1:]:
            leaders[root] = roots[0]
        leaders[late] = roots[0]
        if len(roots) > 1:
            ties.append((late, tuple(roots)))
    return Clusters([_root(leaders, position) for position in range(len(leaders))], ties)


def similar_pairs(fingerprints: Fingerprints) -> Iterator[tuple[int, int]]:
    """Pairs of positions, the earlier first, whose texts are near-duplicates."""
    if len(fingerprints.signatures) < 2:
        return
    table = np.stack(fingerprints.signatures)
    seen: set[int] = set()
    for first in range(PERMUTATIONS):
        band = table[:, [(first + column) % PERMUTATIONS for column in BAND]]
        for pairs in _batches(_candidates(band), 100_000):
            fresh = [pair for pair in pairs if (pair[0] << 32 | pair[1]) not in seen]
            seen.update(early << 32 | late for early, late in fresh)
            yield from _confirmed(fresh, table)


def _candidates(band: npt.NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Pairs that share a band; in large groups each article meets the twenty before it."""
    mixed = band.astype(np.uint64) @ _MIX
    order = np.argsort(mixed, kind="stable")
    ranked = mixed[order]
    edges = np.flatnonzero(np.diff(ranked)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(ranked))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        group = order[start:end].tolist()
        for place, late in enumerate(group):
            yield from ((early, late) for early in group[max(0, place - FELLOWS) : place])


def _confirmed(
    pairs: Sequence[tuple[int, int]], table: npt.NDArray[np.uint32]
) -> Iterator[tuple[int, int]]:
    if not pairs:
        return
    both = np.array(pairs)
    for part in np.array_split(both, len(both) // 2000 + 1):
        early, late = part[:, 0], part[:, 1]
        near = (table[early] == table[late]).mean(axis=1) >= SIMILAR
        yield from zip(early[near].tolist(), late[near].tolist(), strict=True)


def _batches(pairs: Iterator[tuple[int, int]], size: int) -> Iterator[list[tuple[int, int]]]:
    batch: list[tuple[int, int]] = []
    for pair in pairs:
        batch.append(pair)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def _root(leaders: list[int], position: int) -> int:
    while leaders[position] != position:
        leaders[position] = leaders[leaders[position]]
        position = leaders[position]
    return position
