"""A real Label Studio server for the tests: started, signed into, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

httpx = pytest.importorskip("httpx", reason="pip install 'warwire[label-studio]'")

PROGRAM = "WARWIRE_LABEL_STUDIO"
"""The environment variable that names the `label-studio` program; else that of .venv-studio."""

EMAIL, PASSWORD = "lead@example.org", "Passw0rd!x"
TOKEN = "3f1c0a5be94d2768a1b0c4d5e6f708192a3b4c5d"
START_SECONDS = 480


@dataclass(frozen=True)
class LiveStudio:
    """A running server: its address, the first user's legacy token, and its log."""

    url: str
    token: str
    log: Path


def program() -> Path:
    """Where the server's program should be."""
    named = os.environ.get(PROGRAM)
    return Path(named) if named else ROOT / ".venv-studio" / "bin" / "label-studio"


def missing() -> str:
    """Why the server cannot be started here; empty where it can, or where it was asked for."""
    if PROGRAM in os.environ or program().is_file():
        return ""
    return "no Label Studio server in .venv-studio (make test-studio)"


@contextmanager
def running(folder: Path) -> Iterator[LiveStudio]:
    """A server on SQLite in a folder and on a free port of loopback."""
    url, log = f"http://127.0.0.1:{_free_port()}", folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            _command(url),
            env=os.environ | _settings(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_health(url, process, log)
        yield LiveStudio(url, TOKEN, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(folder / "data", ignore_errors=True)


def sign_up(studio: LiveStudio, email: str) -> str:
    """A second person, who follows the invitation link; gives the legacy token."""
    with httpx.Client(base_url=studio.url, headers=_header(studio.token)) as lead:
        invitation = lead.get("/api/invite").raise_for_status().json()["invite_url"]
    with httpx.Client(base_url=studio.url, follow_redirects=True) as person:
        form = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": _csrf(person)}
        person.post(invitation, data=form).raise_for_status()
        return str(person.get("/api/current-user/token").raise_for_status().json()["token"])


def personal_access_token(studio: LiveStudio) -> str:
    """A token of the newer kind, made as the account page makes it."""
    with httpx.Client(base_url=studio.url, follow_redirects=True) as person:
        form = {"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": _csrf(person)}
        person.post("/user/login/", data=form).raise_for_status()
        made = person.post("/api/token/", headers={"X-CSRFToken": person.cookies["csrftoken"]})
        return str(made.raise_for_status().json()["token"])


def sdk(studio: LiveStudio, token: str | None = None) -> Any:
    """The SDK's client of a person."""
    from label_studio_sdk import LabelStudio

    return LabelStudio(base_url=studio.url, api_key=token or studio.token)


def _header(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def _csrf(person: httpx.Client) -> str:
    person.get("/user/login/").raise_for_status()
    return str(person.cookies["csrftoken"])


def _command(url: str) -> list[str]:
    port = url.rsplit(":", 1)[1]
    return [
        *(str(program()), "start", "--no-browser", "--internal-host", "127.0.0.1"),
        *("--host", url, "--port", port, "--username", EMAIL, "--password", PASSWORD),
        *("--user-token", TOKEN, "--enable-legacy-api-token"),
    ]


def _settings(folder: Path) -> dict[str, str]:
    """No telemetry; a model service on loopback may be called; sign-up by invitation only."""
    return {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Label Studio ended at once:\n{log.read_text()[-2000:]}")
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        time.sleep(1)
    raise RuntimeError(f"Label Studio did not start:\n{log.read_text()[-2000:]}")
