"""Runs that take turns, each in a process of its own that keeps its memory settings to itself."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

Built = tuple[str, Callable[[], Any]]
"""What a run is called, and what it does at each turn."""


class Turn:
    """A process that builds a run, warms it up, and then does it whenever asked."""

    def __init__(self, build: Callable[..., Built], *arguments: Any):
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(theirs, build, *arguments))
        self._process.start()
        theirs.close()
        self.name: str = self._pipe.recv()

    def __call__(self) -> float:
        """Seconds of one turn; a run that returns a figure of its own gives that instead."""
        self._pipe.send(True)
        return float(self._pipe.recv())

    def end(self) -> float:
        """Stop, and tell the peak of the process's memory, or of its GPU memory, in MiB."""
        self._pipe.send(False)
        memory = float(self._pipe.recv())
        self._process.join()
        return memory

    def kill(self) -> None:
        """Stop whatever state it is in."""
        self._process.kill()


@contextmanager
def ended(turns: list[Turn]) -> Iterator[list[Turn]]:
    """Leave no process behind."""
    try:
        yield turns
    finally:
        for turn in turns:
            turn.kill()


def _serve(pipe: Connection, build: Callable[..., Built], *arguments: Any) -> None:
    import torch

    from warwire.model.hardware import peak_memory_mb

    name, run = build(*arguments)
    run()
    pipe.send(name)
    while pipe.recv():
        started = time.perf_counter()
        figure = run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        pipe.send(figure if isinstance(figure, float) else seconds)
    pipe.send(torch.cuda.max_memory_allocated() / 1024**2 or peak_memory_mb())
