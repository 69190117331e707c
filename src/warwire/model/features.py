"""Articles → tokens and windows → model inputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warwire.config import WindowsSection
from warwire.corpus.furniture import find_furniture
from warwire.corpus.furniture_rules import rules_after
from warwire.documents import Document
from warwire.spans import Span
from warwire.tagging.encoding import (
    Ints,
    TagSet,
    Tokens,
    continues_word,
    encode_spans,
    trim_offsets,
)
from warwire.tagging.skipping import tokens_outside
from warwire.tagging.windows import Window, cut_windows

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Frame:
    """The special tokens that a tokenizer puts before and after a text."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Any) -> "Frame":
        """Read off the frame from how the tokenizer wraps one word."""
        wrapped = tokenizer("a", return_special_tokens_mask=True)
        special = wrapped["special_tokens_mask"]
        ids, inner = wrapped["input_ids"], special.index(0)
        last = len(special) - special[::-1].index(0)
        return cls(tuple(ids[:inner]), tuple(ids[last:]))

    def __len__(self) -> int:
        return len(self.before) + len(self.after)

    def wrap(self, ids: Sequence[int]) -> list[int]:
        """The ids of one window with special tokens around them."""
        return [*self.before, *ids, *self.after]


def tokenize(tokenizer: Any, texts: Sequence[str]) -> list[Tokens]:
    """The tokens of each whole text, none cut off, without special tokens."""
    if not texts:
        return []
    encoded = tokenizer(
        list(texts),
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        truncation=False,
        verbose=False,
    )
    pairs = zip(texts, encoded["input_ids"], encoded["offset_mapping"], strict=True)
    return [
        Tokens(np.asarray(ids, dtype=np.int64), *trim_offsets(text, offsets))
        for text, ids, offsets in pairs
    ]


def windows_of(tokens: Tokens, section: WindowsSection, frame: Frame) -> list[Window]:
    """The article's windows; the configured size counts special tokens."""
    return cut_windows(len(tokens), size=section.size - len(frame), overlap=section.overlap)


def skipped_spans(
    text: str, section: WindowsSection, *, own_rules: str = "", gold: Sequence[Span] = ()
) -> list[Span]:
    """The furniture that the model does not read; none where the config does not say so.

    A user's own rules, as YAML, go before Warwire's. What touches a gold span is read all the
    same, so that no gold span is lost to training.
    """
    if not section.skip_furniture:
        return []
    found = find_furniture(text, rules_after(own_rules))
    return [span for span in found if not any(span.overlaps(each) for each in gold)]


def training_features(
    documents: Sequence[Document],
    tokenizer: Any,
    tags: TagSet,
    section: WindowsSection,
    *,
    own_rules: str = "",
) -> Iterator[dict[str, list[int]]]:
    """Every window's `input_ids`, `attention_mask`, `labels` and `words`.

    Only owned tokens have labels; `words` numbers the tokens by word, -1 for special tokens.
    """
    frame = Frame.of(tokenizer)
    every = tokenize(tokenizer, [document.text for document in documents])
    for document, whole in zip(documents, every, strict=True):
        skipped = skipped_spans(document.text, section, own_rules=own_rules, gold=document.spans)
        tokens = tokens_outside(whole, skipped)
        encoded = encode_spans(tokens, document.spans, tags)
        words = np.cumsum(~continues_word(document.text, tokens), dtype=np.int64)
        for window in windows_of(tokens, section, frame):
            ids = frame.wrap(tokens.ids[window.start : window.end].tolist())
            labels = _owned_labels(window, encoded, frame)
            yield {
                "input_ids": ids,
                "attention_mask": [1] * len(ids),
                "labels": labels,
                "words": _numbered(words[window.start : window.end], frame),
            }


def unreachable_spans(document: Document, tokens: Tokens) -> list[Span]:
    """The article's spans that decoding cannot give back: an edge of theirs is no word's edge."""
    inside, solid = continues_word(document.text, tokens), tokens.starts < tokens.ends
    starts = set(tokens.starts[solid & ~inside].tolist())
    ends = set(tokens.ends[solid & ~np.append(inside, False)[1:]].tolist())
    return [span for span in document.spans if not (span.start in starts and span.end in ends)]


def _numbered(words: Ints, frame: Frame) -> list[int]:
    numbers = (words - words[0]).tolist()
    return [*[-1] * len(frame.before), *numbers, *[-1] * len(frame.after)]


def _owned_labels(window: Window, encoded: Ints, frame: Frame) -> list[int]:
    labels = np.full(window.end - window.start, IGNORED, dtype=np.int64)
    owned = slice(window.owned_start - window.start, window.owned_end - window.start)
    labels[owned] = encoded[window.owned_start : window.owned_end]
    return [*[IGNORED] * len(frame.before), *labels.tolist(), *[IGNORED] * len(frame.after)]
