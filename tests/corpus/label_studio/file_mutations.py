"""Mutations of a file as a whole."""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

from tests.corpus.label_studio.mutated import Effect, mutation, to_bytes


@mutation
def nested_beyond_reading(tasks: list[Any], drawn: random.Random) -> Effect:
    depth = drawn.randint(60_000, 90_000)
    deep = b'[{"id": 1, "data": ' + b"[" * depth + b"]" * depth + b', "annotations": []}]'
    return Effect(refused="nested too deeply", write=lambda _: deep)


@mutation
def a_number_of_many_digits(tasks: list[Any], drawn: random.Random) -> Effect:
    content = to_bytes(tasks).replace(b'"start": ', b'"start": ' + b"9" * 5000, 1)
    return Effect(refused="too many digits", write=lambda _: content)


@mutation
def a_file_cut_off(tasks: list[Any], drawn: random.Random) -> Effect:
    content = to_bytes(tasks)
    cut = content[: drawn.randrange(len(content))]
    return Effect(refused="not JSON|empty|not UTF-8", write=lambda _: cut)


@mutation
def text_after_the_list(tasks: list[Any], drawn: random.Random) -> Effect:
    tail = drawn.choice([b"]", b"x", b"[]", b", {}"])
    return Effect(refused="text follows", write=lambda found: to_bytes(found) + tail)


@mutation
def bytes_that_are_no_text(tasks: list[Any], drawn: random.Random) -> Effect:
    content = bytearray(to_bytes(tasks))
    content.insert(drawn.randrange(1, len(content)), drawn.choice([0xFF, 0xC0, 0x80]))
    return Effect(refused="not UTF-8", write=lambda _: bytes(content))


@mutation
def another_shape(tasks: list[Any], drawn: random.Random) -> Effect:
    shapes: list[tuple[bytes, str]] = [
        (b"[]", "no tasks"),
        (b"{}", "no 'annotations'"),
        (b"5", "not JSON"),
        (b'"x"', "not JSON"),
        (b"null", "not JSON"),
        (b"[5]", "entry 1 is a int"),
        (b"[[]]", "entry 1 is a list"),
        (b'[{"data": {"text": "x"}}]', "keys found: data"),
        (b'{"tasks": []}', "keys found: tasks"),
        (b"id,label,text\n1,x,y\n", "CSV"),
        (b"-DOCSTART- -X- O\n", "CoNLL"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x1f\x8b\x08broken", "damaged"),
        (b"PK\x03\x04broken", "damaged"),
    ]
    content, line = drawn.choice(shapes)
    return Effect(refused=line, write=lambda _: content)


@mutation
def an_entry_that_is_no_object(tasks: list[Any], drawn: random.Random) -> Effect:
    tasks.insert(drawn.randrange(len(tasks) + 1), drawn.choice([5, "task", None, [], True]))
    return Effect(refused="not a task")


@mutation
def another_packing(tasks: list[Any], drawn: random.Random) -> Effect:
    return Effect(write=drawn.choice(_PACKINGS))


def _zipped(found: list[Any]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("export.json", to_bytes(found))
    return file.getvalue()


def _legacy(found: list[Any]) -> bytes:
    return to_bytes([{**task, "completions": task.pop("annotations")} for task in found])


_PACKINGS: list[Callable[[list[Any]], bytes]] = [
    lambda found: b"\xef\xbb\xbf" + to_bytes(found),
    lambda found: gzip.compress(to_bytes(found)),
    _zipped,
    _legacy,
    lambda found: b"\n".join(to_bytes([task])[1:-1] for task in found),
    lambda found: json.dumps(found, indent=2).replace("\n", "\r\n").encode(),
    lambda found: json.dumps(found, ensure_ascii=False).encode("utf-16"),
]
