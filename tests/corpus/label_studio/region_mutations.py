"""Mutations of one region."""

import copy
import random
from typing import Any

from tests.corpus.label_studio.mutated import Effect, mutation, pick, reject


@mutation
def value_dropped(tasks: list[Any], drawn: random.Random) -> Effect:
    del pick(tasks, drawn)[1]["value"]
    return Effect(kept=-1, set_aside={"no value": 1})


@mutation
def value_of_another_type(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["value"] = drawn.choice([None, "text", 5, [1, 2], True])
    return Effect(kept=-1, set_aside={"no value": 1})


@mutation
def labels_dropped(tasks: list[Any], drawn: random.Random) -> Effect:
    value = pick(tasks, drawn)[1]["value"]
    if drawn.random() < 0.5:
        del value["labels"]
    else:
        value["labels"] = []
    return Effect(kept=-1, set_aside={"no label": 1})


@mutation
def labels_of_another_type(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["value"]["labels"] = drawn.choice(
        ["ACTOR", 5, [5], [None], {"a": 1}, [""]]
    )
    return reject("bad label")


@mutation
def an_edge_dropped(tasks: list[Any], drawn: random.Random) -> Effect:
    del pick(tasks, drawn)[1]["value"][drawn.choice(["start", "end"])]
    return reject("bad offsets")


@mutation
def an_edge_of_another_type(tasks: list[Any], drawn: random.Random) -> Effect:
    value = pick(tasks, drawn)[1]["value"]
    edge = drawn.choice(["start", "end"])
    value[edge] = drawn.choice(
        [str(value[edge]), None, [value[edge]], {"at": 1}, True, 1.5, "/p[1]"]
    )
    return reject("bad offsets")


@mutation
def offsets_shifted(tasks: list[Any], drawn: random.Random) -> Effect:
    task, region = pick(tasks, drawn)
    value, shift = region["value"], drawn.choice([-3, -2, -1, 1, 2, 3])
    value["start"], value["end"] = value["start"] + shift, value["end"] + shift
    if _utf16_would_fit(task["data"]["text"], value):
        return Effect(kept=-1, repaired={"utf-16 offsets": 1})
    return reject("text differs")


def _utf16_would_fit(text: str, value: dict[str, Any]) -> bool:
    units = text.encode("utf-16-le")
    piece = units[2 * value["start"] : 2 * value["end"]].decode("utf-16-le", "replace")
    return piece.split() == value["text"].split()


@mutation
def a_span_outside(tasks: list[Any], drawn: random.Random) -> Effect:
    task, region = pick(tasks, drawn)
    value, length = region["value"], len(task["data"]["text"])
    value["end"] = drawn.choice([length + 5, 10**6, 10**30])
    if drawn.random() < 0.3:
        value["start"], value["end"] = -4, 3
    return reject("outside")


@mutation
def a_span_empty(tasks: list[Any], drawn: random.Random) -> Effect:
    value = pick(tasks, drawn)[1]["value"]
    value["end"] = value["start"]
    return reject("empty")


@mutation
def a_span_inverted(tasks: list[Any], drawn: random.Random) -> Effect:
    value = pick(tasks, drawn)[1]["value"]
    value["start"], value["end"] = value["end"], value["start"]
    return reject("inverted")


@mutation
def an_unknown_label(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["value"]["labels"] = [
        drawn.choice(["actor", "PERSON", "АКТОР", "x" * 500])
    ]
    return reject("unknown label")


@mutation
def another_text(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["value"]["text"] = drawn.choice(["something else", "\u202e", "𝔘kraine"])
    return reject("text differs")


@mutation
def text_not_saved(tasks: list[Any], drawn: random.Random) -> Effect:
    del pick(tasks, drawn)[1]["value"]["text"]
    return Effect()


@mutation
def stray_white_space(tasks: list[Any], drawn: random.Random) -> Effect:
    task, region = pick(tasks, drawn)
    value = region["value"]
    value["start"] -= 1
    value["text"] = task["data"]["text"][value["start"] : value["end"]]
    return Effect(kept=-1, repaired={"trimmed": 1})


@mutation
def only_white_space(tasks: list[Any], drawn: random.Random) -> Effect:
    value = pick(tasks, drawn)[1]["value"]
    value["start"], value["end"], value["text"] = value["start"] - 1, value["start"], " "
    return reject("white space")


@mutation
def utf16_offsets(tasks: list[Any], drawn: random.Random) -> Effect:
    moved = 0
    for task in tasks:
        text = task["data"]["text"]
        for region in task["annotations"][0]["result"]:
            value = region["value"]
            for edge in ("start", "end"):
                units = len(text[: value[edge]].encode("utf-16-le")) // 2
                moved += edge == "end" and units != value[edge]
                value[edge] = units
    return Effect(kept=-moved, repaired={"utf-16 offsets": moved} if moved else {})


@mutation
def an_exact_duplicate(tasks: list[Any], drawn: random.Random) -> Effect:
    task, region = pick(tasks, drawn)
    task["annotations"][0]["result"].append({**copy.deepcopy(region), "id": "again"})
    return Effect(set_aside={"exact duplicate": 1})


@mutation
def a_nested_span(tasks: list[Any], drawn: random.Random) -> Effect:
    task, region = pick(tasks, drawn)
    inner = copy.deepcopy(region)
    inner["value"]["end"] -= 1
    inner["value"]["text"] = inner["value"]["text"][:-1]
    task["annotations"][0]["result"].append(inner)
    return Effect(set_aside={"nested, longest preferred": 1})


@mutation
def a_crossing_span(tasks: list[Any], drawn: random.Random) -> Effect:
    """The end of the sentence before the first actor, and the actor's first letter."""
    task = drawn.choice(tasks)
    result = task["annotations"][0]["result"]
    crossing = copy.deepcopy(result[0])
    start = crossing["value"]["start"] - 2
    text = task["data"]["text"][start : start + 3]
    crossing["value"] |= {"start": start, "end": start + 3, "text": text}
    result.append(crossing)
    return Effect(set_aside={"crossing, longest preferred": 1})


@mutation
def two_labels(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["value"]["labels"] = ["ACTOR", "MILITARY_ACTION"]
    return Effect(set_aside={"two labels, longest preferred": 1})


@mutation
def a_region_that_is_no_object(tasks: list[Any], drawn: random.Random) -> Effect:
    result = drawn.choice(tasks)["annotations"][0]["result"]
    result[drawn.randrange(len(result))] = drawn.choice([None, "region", 5, [1], True])
    return reject("malformed")


@mutation
def type_dropped(tasks: list[Any], drawn: random.Random) -> Effect:
    region = pick(tasks, drawn)[1]
    del region[drawn.choice(["type", "from_name", "to_name", "id"])]
    return Effect()


@mutation
def another_kind_of_result(tasks: list[Any], drawn: random.Random) -> Effect:
    pick(tasks, drawn)[1]["type"] = drawn.choice(["rectanglelabels", "choices", "textarea", "x"])
    return Effect(kept=-1)


@mutation
def a_relation(tasks: list[Any], drawn: random.Random) -> Effect:
    result = drawn.choice(tasks)["annotations"][0]["result"]
    result.append({"type": "relation", "from_id": "r0", "to_id": "r1", "direction": "right"})
    return Effect()
