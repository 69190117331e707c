"""Where a run comes from: commit, data, base model and its digest, versions, cost."""

import hashlib
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from warwire.config import Config
from warwire.model.checkpoints import BUNDLED, bundled_folder
from warwire.model.training import Trained

PACKAGES = ("warwire", "torch", "transformers", "tokenizers", "datasets", "numpy")


def run_provenance(config: Config, trained: Trained, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What provenance.json holds; times in seconds, memory in MiB."""
    model = trained.checkpoint.model
    return {
        "commit": _commit(),
        "data": config.data,
        "data_fingerprints": recipe["fingerprints"],
        "base_model": config.model.base,
        "base_digest": _digest(config.model.base),
        "versions": {name: _version(name) for name in PACKAGES}
        | {"python": platform.python_version()},
        "seed": config.training.seed,
        "train_seconds": round(trained.seconds, 1),
        "best_epoch": trained.best_epoch,
        "validation_f1": round(trained.validation_f1, 4),
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "trained_parameters": sum(
            weights.numel() for weights in model.parameters() if weights.requires_grad
        ),
        **trained.facts,
        "history": trained.history,
    }


def _commit() -> str | None:
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def _digest(base: str) -> str | None:
    folder = bundled_folder() if base == BUNDLED else Path(base)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return None
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
