"""The ledger of an import: what was read, and the one outcome of each task and span."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

TASK_OUTCOMES = ("labelled", "true_negative", "unlabelled", "skipped", "rejected")


@dataclass(frozen=True, slots=True)
class Reject:
    """A span or task that could not be taken, with where it stands and why."""

    kind: str
    task: str
    reason: str
    annotation: str = ""
    region: str = ""
    context: str = ""

    def __str__(self) -> str:
        places = [("task", self.task), ("annotation", self.annotation), ("region", self.region)]
        where = ", ".join(f"{name} {place}" for name, place in places if place)
        return f"{where}: {self.reason}"


@dataclass(slots=True)
class Ledger:
    """Counts that add up: tasks by outcome, spans as kept, repaired, rejected or set aside."""

    tasks: Counter[str] = field(default_factory=Counter)
    spans_read: int = 0
    kept: int = 0
    repaired: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    set_aside: Counter[str] = field(default_factory=Counter)
    other_results: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def tasks_read(self) -> int:
        """The number of tasks, whatever became of them."""
        return self.tasks.total()

    @property
    def balanced(self) -> bool:
        """Whether every span that was read has exactly one outcome."""
        outcomes = self.repaired.total() + self.rejected.total() + self.set_aside.total()
        return self.spans_read == self.kept + outcomes

    def reject_span(self, reject: Reject) -> None:
        """Record a span that was read and could not be taken."""
        self.rejected[reject.kind] += 1
        self.rejects.append(reject)

    def reject_task(self, reject: Reject) -> None:
        """Record a task that could not be taken."""
        self.tasks["rejected"] += 1
        self.rejects.append(reject)

    def to_dict(self) -> dict[str, Any]:
        """The ledger as written to ledger.json."""
        return {
            "tasks": {"read": self.tasks_read} | {name: self.tasks[name] for name in TASK_OUTCOMES},
            "spans": {
                "read": self.spans_read,
                "kept": self.kept,
                "repaired": dict(sorted(self.repaired.items())),
                "rejected": dict(sorted(self.rejected.items())),
                "set_aside": dict(sorted(self.set_aside.items())),
            },
            "other_results": dict(sorted(self.other_results.items())),
            "rejects": [asdict(reject) for reject in self.rejects],
            "warnings": self.warnings,
        }
