"""Sound exports, and the list of mutations with the effect that each must have."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from warwire.documents import Document
from warwire.spans import Span

Task = dict[str, Any]
ACTORS = ("Russia", "Ukraine", "NATO", "Kyiv", "Президент", "the «Wagner» group")
ACTIONS = ("shelled", "struck", "advanced on", "withdrew from")
FILLERS = ("the port 💥", "a depot near the river", "the town 🇺🇦 again", "la gare d'été", "東京")


@dataclass(slots=True)
class Effect:
    """What must change against the sound export; `refused` is part of a refusal's one line."""

    kept: int = 0
    repaired: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    task_reject: str = ""
    refused: str = ""
    write: Callable[[list[Any]], bytes] | None = None


def sound_export(drawn: random.Random) -> list[Task]:
    """Three to five tasks, each with two to six flat spans and one annotation."""
    return [_task(number, drawn) for number in range(1, drawn.randint(3, 5) + 1)]


def document_of(number: int, drawn: random.Random) -> Document:
    text, spans = f"Report {number}. ", []
    for _ in range(drawn.randint(1, 3)):
        for words, label in (
            (drawn.choice(ACTORS), "ACTOR"),
            (drawn.choice(ACTIONS), "MILITARY_ACTION"),
        ):
            spans.append(Span(len(text), len(text) + len(words), label))
            text += f"{words} "
        text += f"{drawn.choice(FILLERS)}, officials said. "
    return Document(f"article-{number}", text, tuple(spans))


def _task(number: int, drawn: random.Random) -> Task:
    document = document_of(number, drawn)
    result = [
        {
            "id": f"r{place}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": document.surface(span),
                "labels": [span.label],
            },
        }
        for place, span in enumerate(document.spans)
    ]
    annotation = {"id": number * 10, "completed_by": 1, "was_cancelled": False, "result": result}
    data = {"id": document.id, "text": document.text, "date": "2023-01-02"}
    return {"id": number, "data": data, "annotations": [annotation]}


def to_bytes(tasks: list[Any]) -> bytes:
    return json.dumps(tasks, ensure_ascii=False).encode()


def expected(tasks: list[Task], effect: Effect) -> dict[str, Any]:
    """The ledger's counts for sound tasks changed by an effect."""
    spans = sum(len(task["annotations"][0]["result"]) for task in tasks)
    outcome = Counter({"labelled": len(tasks)})
    outcome.update(effect.tasks)
    return {
        "kept": spans + effect.kept,
        "repaired": effect.repaired,
        "rejected": effect.rejected,
        "set_aside": effect.set_aside,
        "tasks": {name: count for name, count in outcome.items() if count},
    }


Mutation = Callable[[list[Any], random.Random], Effect]
MUTATIONS: dict[str, Mutation] = {}


def mutation(function: Mutation) -> Mutation:
    """Put a mutation on the list."""
    MUTATIONS[function.__name__] = function
    return function


def pick(tasks: list[Any], drawn: random.Random) -> tuple[Task, dict[str, Any]]:
    task = drawn.choice(tasks)
    return task, drawn.choice(task["annotations"][0]["result"])


def reject(kind: str) -> Effect:
    return Effect(kept=-1, rejected={kind: 1})


def lost_task(task: Task, kind: str) -> Effect:
    count = len(task["annotations"][0]["result"])
    return Effect(
        kept=-count,
        set_aside={"rejected task": count},
        tasks={"labelled": -1, "rejected": 1},
        task_reject=kind,
    )
