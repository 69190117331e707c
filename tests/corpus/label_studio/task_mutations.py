"""Mutations of a task, its data and its annotations."""

import copy
import json
import random
from typing import Any

from tests.corpus.label_studio.mutated import Effect, lost_task, mutation


@mutation
def result_lost(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    effect = lost_task(task, "malformed")
    effect.set_aside = {}
    if drawn.random() < 0.5:
        del task["annotations"][0]["result"]
    else:
        task["annotations"][0]["result"] = drawn.choice([None, "result", 5, {"a": 1}])
    return effect


@mutation
def no_regions(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    count = len(task["annotations"][0]["result"])
    task["annotations"][0]["result"] = []
    return Effect(kept=-count, tasks={"labelled": -1, "true_negative": 1})


@mutation
def annotations_lost(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks[1:])
    effect = lost_task(task, "no annotations")
    effect.set_aside = {}
    del task["annotations"]
    return effect


@mutation
def annotations_of_another_type(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    effect = lost_task(task, "malformed")
    effect.set_aside = {}
    task["annotations"] = drawn.choice(["x", 5, {"result": []}, True, [5], ["a"]])
    return effect


@mutation
def an_unlabelled_task(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    count = len(task["annotations"][0]["result"])
    task["annotations"] = drawn.choice([[], None])
    return Effect(kept=-count, tasks={"labelled": -1, "unlabelled": 1})


@mutation
def a_skipped_task(tasks: list[Any], drawn: random.Random) -> Effect:
    annotation = drawn.choice(tasks)["annotations"][0]
    annotation[drawn.choice(["was_cancelled", "skipped"])] = True
    count = len(annotation["result"])
    aside = {"skipped annotation": count}
    return Effect(kept=-count, set_aside=aside, tasks={"labelled": -1, "skipped": 1})


@mutation
def text_lost(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    effect = lost_task(task, "no text")
    broken = drawn.choice(["drop", None, 5, {"a": 1}, ["x"], "", " \n"])
    if broken == "drop":
        del task[drawn.choice(["data"])]
    else:
        task["data"]["text"] = broken
    return effect


@mutation
def data_of_another_type(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    task["data"] = drawn.choice([None, "text", 5, [1]])
    return lost_task(task, "no text")


@mutation
def a_task_twice(tasks: list[Any], drawn: random.Random) -> Effect:
    twice = copy.deepcopy(drawn.choice(tasks))
    tasks.append(twice)
    count = len(twice["annotations"][0]["result"])
    aside = {"rejected task": count}
    return Effect(set_aside=aside, tasks={"rejected": 1}, task_reject="repeated task")


@mutation
def an_id_twice(tasks: list[Any], drawn: random.Random) -> Effect:
    one, other = drawn.sample(tasks, 2)
    one["data"]["id"] = other["data"]["id"]
    if drawn.random() < 0.5 and one["data"]["text"] != other["data"]["text"]:
        one["id"] = other["id"]
    return Effect()


@mutation
def odd_ids(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    odd = drawn.choice([None, True, [1], {"a": 1}, 10**40, -1, 1.5, "💥\x00", ""])
    place = drawn.choice([task, task["data"], task["annotations"][0]])
    place["id"] = odd
    return Effect()


@mutation
def odd_values_beside(tasks: list[Any], drawn: random.Random) -> Effect:
    odd = drawn.choice([None, 10**30, "\x00\u202e\ufeff", {"a": [1, {"b": None}]}, [[[]]], 1e300])
    drawn.choice(tasks)["data"][drawn.choice(["date", "source", "note", "🇺🇦"])] = odd
    return Effect()


@mutation
def an_annotator_as_object(tasks: list[Any], drawn: random.Random) -> Effect:
    by = drawn.choice([{"id": 3, "email": "a@b.co"}, {"email": "a@b.co"}, None, "me", {}])
    drawn.choice(tasks)["annotations"][0]["completed_by"] = by
    return Effect()


@mutation
def a_second_annotator(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    task["annotations"].append({**copy.deepcopy(task["annotations"][0]), "completed_by": 2})
    return Effect(refused="choose with --annotators")


@mutation
def a_second_annotator_skipped(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    skipped = {**copy.deepcopy(task["annotations"][0]), "completed_by": 2, "was_cancelled": True}
    task["annotations"].append(skipped)
    return Effect(set_aside={"skipped annotation": len(skipped["result"])})


@mutation
def ground_truth_marked(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    truth = {**copy.deepcopy(task["annotations"][0]), "ground_truth": True, "completed_by": 2}
    task["annotations"].append(truth)
    return Effect(set_aside={"other annotator": len(truth["result"])})


@mutation
def data_nested_deeply(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    nested: Any = "core"
    for _ in range(drawn.randint(70, 120)):
        nested = drawn.choice([[nested], {"in": nested}])
    task["data"]["nested"] = nested
    return lost_task(task, "nested too deeply")


@mutation
def half_a_character(tasks: list[Any], drawn: random.Random) -> Effect:
    task = drawn.choice(tasks)
    half = drawn.choice(["\ud83d", "\udca5", "\udfff", "\ud800"])
    if drawn.random() < 0.5:
        task["data"]["text"] += half
    else:
        task["annotations"][0]["result"][0]["value"]["text"] += half
    effect = lost_task(task, "broken text")
    effect.write = lambda found: json.dumps(found).encode()
    return effect
