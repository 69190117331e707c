"""What every test shares: no network, one thread, a scratch Hugging Face home, toy models."""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

_HOME = tempfile.mkdtemp(prefix="warwire-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ |= {
    "HF_HOME": _HOME,
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile(
    "warwire",
    deadline=None,
    max_examples=int(os.environ.get("WARWIRE_EXAMPLES", "80")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("warwire")

ROOT = Path(__file__).parent.parent
SHARED = ROOT / ".." / "shared"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to reach another machine fails the test that makes it."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def shared() -> Path:
    """The folder of material shared with the project; tests that read it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def one_thread() -> None:
    """torch on one thread, so that sums have one order and busy machines are spared."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def toy_base(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT with a WordPiece tokenizer, as a local checkpoint."""
    from tests.toys import build_base

    return build_base("bert", tmp_path_factory.mktemp("bases") / "bert")


@pytest.fixture(scope="session")
def toy_world(toy_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export, its dataset, a config, and a run trained and scored by command.

    Tests read it and never write into it.
    """
    from tests.worlds import build_world

    return build_world(tmp_path_factory.mktemp("world"), toy_base)
