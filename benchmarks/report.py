"""The benchmarks' figures as text, on the screen and in RESULTS.md."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import describe

HEAD = """# Benchmarks: results

Written by `make bench`. Absolute figures hold on the machine named; ratios are of pairs measured
turn by turn in one run: the median of the rounds, with lowest and highest.

Not measured: spaCy's transformer pipelines and GLiNER, whose weights would have to be downloaded,
which these benchmarks never do.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One table with what was measured and how; every row has as many cells as `columns`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        notes = "".join(f"\n- {note}" for note in self.notes)
        return f"## {self.title}\n\n{table}\n{notes}\n"


def record(sections: Sequence[Section], command: str, file: Path) -> None:
    """Put sections into a results file, each in the place of an older one of its title."""
    old = file.read_text(encoding="utf-8") if file.is_file() else HEAD
    head, *parts = re.split(r"^(?=## )", old, flags=re.MULTILINE)
    kept = {part.split("\n")[0].removeprefix("## "): part.rstrip("\n") for part in parts}
    day = datetime.date.today().isoformat()
    made = "".join(f"\n> {line}  " for line in [*describe(), f"{day}: `{command}`"])
    kept |= {section.title: f"{section}{made}" for section in sections}
    file.write_text("\n\n".join([head.strip(), *kept.values()]) + "\n", encoding="utf-8")
