"""A stand-in for a model: every capitalised word is an ACTOR; it notes what it was given."""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from warwire.spans import Span


def capitalised(text: str) -> list[Span]:
    return [Span(m.start(), m.end(), "ACTOR", 0.9) for m in re.finditer(r"[A-Z]\w*", text)]


@dataclass
class Words:
    """Marks capitalised words, `seconds` a batch; fails on texts that hold 'poison'."""

    seconds: float = 0.0
    batches: list[list[str]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
        self.threads.add(threading.current_thread().name)
        if any("poison" in text for text in texts):
            raise RuntimeError("secret words of the text")
        time.sleep(self.seconds)
        self.batches.append(list(texts))
        return [capitalised(text) for text in texts]

    @property
    def asked(self) -> list[list[str]]:
        """The batches after the one that warms up."""
        return self.batches[1:]
