"""Where the Label Studio server is and the token for it: from the environment or a private file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from warwire.errors import InputError

URL = "LABEL_STUDIO_URL"
TOKEN = "LABEL_STUDIO_API_KEY"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A server's address without a slash at its end, and a token that no representation shows."""

    url: str
    token: str = field(repr=False)


def read_credentials(
    file: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Credentials:
    """Address and token from a file of `NAME=value` lines, or from the environment.

    Raises InputError where one is missing, where the address is none, or where others than its
    owner may read the file.
    """
    held = _read(file) if file else environment
    where = str(file) if file else "the environment"
    for name in (URL, TOKEN):
        if not held.get(name, "").strip():
            raise InputError(f"{where}: {name} is not set; set it, or give --credentials FILE")
    return Credentials(_address(held[URL].strip(), where), _token(held[TOKEN].strip(), where))


def _read(file: Path) -> dict[str, str]:
    if not file.is_file():
        raise InputError(f"{file}: no such credentials file")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise InputError(f"{file}: others may read the token in it; run 'chmod 600 {file}'")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from error
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, sign, value in pairs if sign}


def _address(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"{where}: {URL} is no web address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{where}: {URL} is no web address; write it as http://127.0.0.1:8080")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(f"{where}: {URL} holds more than an address; the token goes into {TOKEN}")
    return url.rstrip("/")


def _token(token: str, where: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InputError(f"{where}: {TOKEN} holds characters that no token has; copy it again")
    return token
