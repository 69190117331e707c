"""Tests of the loop with Label Studio may reach this machine, and nothing beyond it."""

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import Call, call, world

if TYPE_CHECKING:
    from tests.studio.fake import FakeStudio
    from tests.studio.live import LiveStudio

__all__ = ["Call", "call", "world"]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to reach another machine fails the test that makes it."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator["LiveStudio"]:
    """One real server for all tests that need it."""
    from tests.studio.live import missing, running

    if missing():
        pytest.skip(missing())
    with running(tmp_path_factory.mktemp("label-studio")) as studio:
        yield studio


@pytest.fixture(scope="session")
def second(live: "LiveStudio") -> str:
    """The token of a second annotator."""
    from tests.studio.live import sign_up

    return sign_up(live, "second@example.org")


@pytest.fixture
def signed_in(live: "LiveStudio", monkeypatch: pytest.MonkeyPatch) -> "LiveStudio":
    """The environment that commands read, set for the real server."""
    monkeypatch.setenv("LABEL_STUDIO_URL", live.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", live.token)
    return live


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> "FakeStudio":
    """A server in memory, which the environment names; waits between tries are only noted."""
    pytest.importorskip("label_studio_sdk", reason="pip install 'warwire[label-studio]'")
    from tests.studio.fake import TOKEN, URL, FakeStudio

    studio = FakeStudio()
    monkeypatch.setenv("LABEL_STUDIO_URL", URL)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    monkeypatch.setattr("warwire.studio.server.httpx.HTTPTransport", studio.transport)
    monkeypatch.setattr("warwire.studio.patience.sleep", studio.waits.append)
    return studio


@pytest.fixture
def server(fake: "FakeStudio") -> Any:
    """Our side of the connection to it."""
    from warwire.studio.credentials import read_credentials
    from warwire.studio.server import Server

    return Server(read_credentials())
