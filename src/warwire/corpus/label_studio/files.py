"""Export files, plain, gzip or zip → their text, piece by piece."""

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from warwire.errors import InputError

RE_EXPORT = "export the project again as JSON (Export > JSON)"
PIECE = 1 << 20
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True, slots=True)
class Member:
    """One readable file of an export: the file itself, or one inside a zip."""

    where: str
    open: Callable[[], IO[bytes]]


def members(path: Path) -> list[Member]:
    """What there is to read at a path; raises InputError where there is nothing to read."""
    if not path.is_file():
        what = "is a folder, not an export file" if path.is_dir() else "no such export file"
        raise InputError(f"{path}: {what}")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(b"PK"):
        return _zipped(path)
    if magic.startswith(b"\x1f\x8b"):
        return [Member(str(path), lambda: cast(IO[bytes], gzip.open(path)))]
    return [Member(str(path), lambda: path.open("rb"))]


def text_pieces(member: Member) -> Iterator[str]:
    """The text of a member in pieces of about a million characters, byte order mark removed.

    UTF-8, or UTF-16 where a mark says so; raises InputError for other bytes and damaged archives.
    """
    try:
        with member.open() as file:
            yield from _decoded(file, member.where)
    except DAMAGED as error:
        detail = str(error).rstrip(".") or type(error).__name__
        raise InputError(
            f"{member.where}: the compressed file is damaged or locked ({detail});"
            f" {RE_EXPORT} or unpack it by hand"
        ) from error


def _zipped(path: Path) -> list[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError(f"{path}: the zip file is damaged; {RE_EXPORT}") from error
    wanted = (".json", ".jsonl", ".ndjson", ".conll", ".txt")
    names = sorted(name for name in archive.namelist() if name.lower().endswith(wanted))
    names = [name for name in names if not Path(name).name.startswith(("._", "notes.json"))]
    if not names:
        held = ", ".join(archive.namelist()[:5]) or "nothing"
        raise InputError(f"{path}: the zip holds no JSON file (found: {held}); {RE_EXPORT}")
    return [Member(f"{path}/{name}", _opener(archive, name)) for name in names]


def _opener(archive: zipfile.ZipFile, name: str) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(name)


def _decoded(file: IO[bytes], where: str) -> Iterator[str]:
    first = file.read(PIECE)
    utf16 = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")()
    piece, before = first, 0
    while True:
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            place = before + len(piece) - len(error.object) + error.start
            raise InputError(f"{where}: not UTF-8 text (byte {place}); {RE_EXPORT}") from error
        if text:
            yield text
        if not piece:
            return
        before += len(piece)
        piece = file.read(PIECE)
