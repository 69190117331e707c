"""Spans ↔ BIO tags over token offsets; which spans tokens can hold at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warwire.spans import Span

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """An article's tokens without special ones: ids, and character edges without white space.

    Three integer arrays of one length; a token of white space alone has start equal to end.
    """

    ids: Ints
    starts: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, chosen: slice | npt.NDArray[np.bool_]) -> "Tokens":
        """The tokens in a slice, or those where a mask is true."""
        return Tokens(self.ids[chosen], self.starts[chosen], self.ends[chosen])


@dataclass(frozen=True, slots=True)
class TagSet:
    """The BIO tags of a schema: `O`, then `B-` and `I-` of each label, in the schema's order."""

    labels: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Tag names by label id."""
        return ["O", *(f"{mark}-{label}" for label in self.labels for mark in "BI")]

    def begin(self, label: str) -> int:
        """The label id of a label's B- tag; its I- tag is the next one."""
        return 1 + 2 * self.labels.index(label)

    @classmethod
    def from_names(cls, names: Sequence[str]) -> "TagSet":
        """The tag set whose names these are; raises ValueError for any other list of names."""
        tags = cls(tuple(name[2:] for name in names[1::2]))
        if tags.names != list(names):
            raise ValueError(f"not the BIO tags of a schema: {', '.join(names)}")
        return tags


def trim_offsets(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Token edges in characters, moved inwards past white space that a tokenizer counts in."""
    edges = np.asarray(offsets, dtype=np.int64).reshape(-1, 2)
    starts, ends = edges[:, 0].copy(), edges[:, 1].copy()
    for place, (start, end) in enumerate(offsets):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        starts[place], ends[place] = start, end
    return starts, ends


def encode_spans(tokens: Tokens, spans: Sequence[Span], tags: TagSet) -> Ints:
    """One label id a token: `B-` at the first token that a span touches, `I-` at its others.

    Where two spans touch one token, the earlier span keeps it.
    """
    encoded = np.zeros(len(tokens), dtype=np.int64)
    for span in sorted(spans, reverse=True):
        touched = np.flatnonzero((tokens.starts < span.end) & (tokens.ends > span.start))
        if len(touched):
            encoded[touched] = tags.begin(span.label) + 1
            encoded[touched[0]] -= 1
    return encoded


def read_spans(tokens: Tokens, encoded: Sequence[int] | Ints, tags: TagSet) -> list[Span]:
    """The spans that a valid tag sequence marks, on character offsets."""
    return [
        Span(int(tokens.starts[first]), int(tokens.ends[last]), label)
        for first, last, label in tag_runs(encoded, tags)
        if tokens.starts[first] < tokens.ends[last]
    ]


def tag_runs(encoded: Sequence[int] | Ints, tags: TagSet) -> list[tuple[int, int, str]]:
    """First and last token and label of each `B- I- …` run; an I- without its B- begins none."""
    runs: list[tuple[int, int, str]] = []
    for place in np.flatnonzero(np.asarray(encoded)).tolist():
        tag = int(encoded[place])
        label = tags.labels[(tag - 1) // 2]
        if tag % 2 == 1:
            runs.append((place, place, label))
        elif runs and runs[-1][1] == place - 1 and runs[-1][2] == label:
            runs[-1] = (runs[-1][0], place, label)
    return runs


def continues_word(text: str, tokens: Tokens) -> npt.NDArray[np.bool_]:
    """Whether each token goes on with the word of the token before it.

    A word goes on where two letters or digits meet without a gap, except from a lower-case to an
    upper-case letter ("amRussian" is two words) and in scripts without case, which may not part
    words by spaces. Several tokens of one character, such as an emoji's bytes, are one word.
    """
    inside = np.zeros(len(tokens), dtype=np.bool_)
    inside[1:] = tokens.starts[1:] < tokens.ends[:-1]
    meets = np.flatnonzero(tokens.starts[1:] == tokens.ends[:-1]) + 1
    for place in meets.tolist():
        at = int(tokens.starts[place])
        if 0 < at < len(text):
            inside[place] = _same_word(text[at - 1], text[at])
    return inside


def _same_word(left: str, right: str) -> bool:
    if not (_wordlike(left) and _wordlike(right)):
        return False
    return not (left.islower() and right.isupper())


def _wordlike(character: str) -> bool:
    return character.isdigit() or character.lower() != character.upper()
