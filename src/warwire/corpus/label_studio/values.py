"""The JSON values of a list, or of lines, decoded one at a time without holding the file."""

import json
from collections.abc import Iterator
from typing import Any

from warwire.corpus.label_studio.files import RE_EXPORT
from warwire.errors import InputError

NEAR_END = 16
BLANK = " \t\r\n"


def json_values(pieces: Iterator[str], where: str) -> Iterator[Any]:
    """The entries of a JSON list, or the values of JSON Lines, in order.

    Raises InputError with line and column where the text stops being JSON.
    """
    buffer = _Buffer(pieces, where)
    if buffer.peek() == "[":
        buffer.position += 1
        yield from _entries(buffer)
        if buffer.peek():
            raise buffer.problem("text follows the list of tasks")
    else:
        while buffer.peek():
            yield buffer.value()


def _entries(buffer: "_Buffer") -> Iterator[Any]:
    if buffer.peek() == "]":
        buffer.position += 1
        return
    while True:
        yield buffer.value()
        following = buffer.peek()
        if following not in (",", "]"):
            raise buffer.problem("expected ',' or ']'")
        buffer.position += 1
        if following == "]":
            return
        if buffer.peek() == "]":
            raise buffer.problem("a ',' before ']'")


class Halves(dict[str, Any]):
    """An entry in which half characters (lone surrogates) were replaced, one for one."""


def mend_halves(value: Any) -> Any:
    """The value itself, or where it holds half characters its copy with U+FFFD in their place."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        mended = _mended(value, 0)
        return Halves(mended) if isinstance(mended, dict) else mended
    return value


def _mended(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if depth > 200:
        return None
    if isinstance(value, list):
        return [_mended(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_mended(key, 0): _mended(each, depth + 1) for key, each in value.items()}
    return value


class _Buffer:
    """Text read so far and not yet consumed; knows the line and column of any place in it."""

    def __init__(self, pieces: Iterator[str], where: str) -> None:
        self.pieces, self.where = pieces, where
        self.text, self.position, self.ended = "", 0, False
        self.lines, self.column = 0, 0
        self.decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """The next character that is not white space, or nothing at the end."""
        while True:
            while self.position < len(self.text) and self.text[self.position] in BLANK:
                self.position += 1
            if self.position < len(self.text):
                return self.text[self.position]
            if not self._more(1):
                return ""

    def value(self) -> Any:
        """The JSON value that begins here."""
        self.peek()
        while True:
            try:
                found, end = self.decode(self.text, self.position)
            except json.JSONDecodeError as error:
                ahead = error.pos - self.position
                cut = self._may_go_on(error)
                if cut and self._more(len(self.text) - self.position):
                    continue
                ends = "the file ends in the middle of a value: " if cut else ""
                raise self.problem(ends + error.msg, self.position + ahead) from error
            except RecursionError as error:
                raise self.problem("values are nested too deeply") from error
            except ValueError as error:
                raise self.problem("a number has too many digits") from error
            if end == len(self.text) and not self.ended and self._more(1):
                continue
            start, self.position = self.position, end
            return mend_halves(found) if self._escapes_halves(start, end) else found

    def problem(self, what: str, position: int | None = None) -> InputError:
        """An error that names file, line and column."""
        position = self.position if position is None else position
        before = self.text[:position]
        newlines = before.count("\n")
        line = self.lines + newlines + 1
        start = before.rfind("\n") + 1
        column = position - start + 1 + (0 if newlines else self.column)
        place = f"line {line}, column {column}"
        return InputError(f"{self.where}: not JSON: {what} at {place}; {RE_EXPORT}")

    def _escapes_halves(self, start: int, end: int) -> bool:
        found = self.text.find
        first = found("\\u", start, end)
        return first >= 0 and max(found("\\ud", first, end), found("\\uD", first, end)) >= 0

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        open_string = error.msg.startswith("Unterminated string")
        return open_string or error.pos >= len(self.text) - NEAR_END

    def _more(self, wanted: int) -> bool:
        """Read at least `wanted` further characters where there are any."""
        last = self.text.rfind("\n", 0, self.position)
        if last >= 0:
            self.lines += self.text.count("\n", 0, self.position)
        self.column = self.position - last - 1 + (0 if last >= 0 else self.column)
        parts = [self.text[self.position :]]
        self.position = 0
        gained = 0
        while gained < wanted:
            piece = next(self.pieces, None)
            if piece is None:
                self.ended = True
                break
            parts.append(piece)
            gained += len(piece)
        self.text = "".join(parts)
        return gained > 0
