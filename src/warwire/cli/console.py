"""What people read goes to standard error; results for programs to standard output."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

Item = TypeVar("Item")


def plain_console(**options: Any) -> Console:
    """A console that shows text as it is: no brackets taken for markup, no codes for emoji."""
    return Console(highlight=False, markup=False, emoji=False, **options)


console = plain_console(stderr=True, soft_wrap=True)


def say(message: str) -> None:
    """One line for people."""
    console.print(message)


def show(table: Table) -> None:
    """A table for people, as wide as it needs where no terminal sets the width."""
    wide = console if console.is_terminal else plain_console(stderr=True, width=140)
    wide.print(table)


def print_json(result: Any) -> None:
    """A result for programs."""
    json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def progress(items: Iterable[Item], *, what: str, total: int | None = None) -> Iterator[Item]:
    """The items, with a bar while there is a terminal to show it."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        yield from bar.track(items, total=total, description=what)


@contextmanager
def training_bar(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar of training steps; takes steps done, steps in all, and a line to show once."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task(f"Training {name}", total=None)

        def watch(done: int, total: int, line: str) -> None:
            bar.update(task, completed=done, total=total)
            if line:
                bar.console.print(line)

        yield watch


@contextmanager
def counting_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work that tells by itself how many of how many are done."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def marking_bar(total: int | None) -> Iterator[Callable[[int, str], None]]:
    """A bar of articles; takes how many are done and how fast it goes."""
    columns = (
        TextColumn("Predicting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("", total=total, speed="")
        yield lambda done, speed: bar.update(task, completed=done, speed=speed)


def _bar(*columns: ProgressColumn) -> Progress:
    """A bar that goes when done, and that leaves no trace where no terminal shows it."""
    silent = not console.is_terminal
    return Progress(*columns, console=console, transient=True, disable=silent)
