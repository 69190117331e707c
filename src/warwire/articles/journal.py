"""How far a long piece of work has come, on disk, so that a killed one goes on where it was."""

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from warwire.articles.outputs import Output, holds, open_output
from warwire.articles.reading import Row, Unreadable
from warwire.errors import InputError

SECONDS_BETWEEN_ENTRIES = 1.0


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows were written, how many of them have no answer, and why the first has none.

    `mark` is where the output ended when this was put down.
    """

    rows: int = 0
    failed: int = 0
    problem: str = ""
    mark: int = 0

    def plus(self, rows: Sequence[Row]) -> "Done":
        """With one more chunk."""
        problems = [row.problem for row in rows if isinstance(row, Unreadable)]
        problem = self.problem or next(iter(problems), "")
        return Done(self.rows + len(rows), self.failed + len(problems), problem, self.mark)


class Journal:
    """A file of entries, one a line, under a line that says of which work; a cut line is none.

    `done` is the last entry, `changed` tells that the entries found were of other work. Raises
    InputError while another process has the file open.
    """

    def __init__(self, path: Path, work: str):
        self._path, self._work = path, work
        self._file = path.open("a+", encoding="utf-8")
        _lock(self._file, path)
        self._file.seek(0)
        found, *entries = self._file.read().split("\n")[:-1] or [""]
        self.changed = found not in ("", work)
        self.done = Done(**json.loads(entries[-1])) if entries and not self.changed else Done()
        self._length = len("\n".join([found, *entries])) + 1

    def begin(self, done: Done) -> None:
        """Go on after `done`: below the entries found, or from nothing with a new file."""
        self.done = done
        self._file.truncate(self._length if done.rows else 0)
        if not done.rows:
            self._append(self._work)

    def enter(self, done: Done) -> None:
        """Put down what is done; it is on the disk when this returns."""
        self.done = done
        self._append(json.dumps(asdict(done)))

    def remove(self) -> None:
        """The work is over."""
        if os.name == "nt":  # which unlinks no open file; elsewhere the lock is held until then
            self._file.close()
        self._path.unlink(missing_ok=True)
        self._file.close()

    def _append(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def write_output(
    out: Path,
    format: str,
    chunks_after: Callable[[int], Iterable[Sequence[Row]]],
    *,
    work: str | None,
    tell: Callable[[str], None],
) -> Done:
    """Write a file that appears whole; where an unfinished one of the same work is, go on with it.

    `chunks_after(n)` gives the rows that follow the first n, in chunks that end where those of an
    uninterrupted run would; the file is then the same to the byte however often the work was
    killed. Without a name for the work, a run that fails leaves nothing.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if work is None:
        return _write(open_output(out, format), chunks_after(0), Done(), None)
    journal = Journal(out.with_name(f".{out.name}.journal"), work)
    done = journal.done if holds(out, format, journal.done.mark) else Done()
    if journal.changed:
        tell(f"{out}: model, input or options differ from the unfinished run's; starting over.")
    elif done.rows:
        tell(f"{out}: going on after {done.rows:,} articles.")
    journal.begin(done)
    return _write(open_output(out, format, mark=done.mark), chunks_after(done.rows), done, journal)


def _write(
    output: Output, chunks: Iterable[Sequence[Row]], done: Done, journal: Journal | None
) -> Done:
    due = time.monotonic() + SECONDS_BETWEEN_ENTRIES
    try:
        for rows in chunks:
            output.add(rows)
            done = done.plus(rows)
            if journal and time.monotonic() >= due and (mark := output.mark()) is not None:
                journal.enter(replace(done, mark=mark))
                due = time.monotonic() + SECONDS_BETWEEN_ENTRIES
        output.finish()
    except BaseException:
        if journal is None or not journal.done.rows:
            output.discard()
            _close(journal)
        raise
    _close(journal)
    return done


def _close(journal: Journal | None) -> None:
    if journal:
        journal.remove()


def _lock(file: TextIO, path: Path) -> None:
    """Held until the file is closed or the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        out = path.name.removeprefix(".").removesuffix(".journal")
        raise InputError(f"{path.with_name(out)}: another run is writing it; let it end") from error
