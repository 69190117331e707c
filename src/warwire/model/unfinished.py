"""The work folder of a training: what it holds, started anew or gone on with."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from transformers.trainer_utils import get_last_checkpoint

from warwire.config import Config, dump_config
from warwire.errors import InputError
from warwire.model.checkpoints import CONFIG_FILE
from warwire.model.processes import is_main

if TYPE_CHECKING:
    from warwire.model.training import Trained

DATA_FILE = "data.txt"
STATE_FILE = "trainer_state.json"
ELAPSED = "elapsed_seconds"
"""In the log of a checkpoint's state: how long the training took until then."""


def start_over(work: Path, config: Config, data_fingerprint: str) -> None:
    """An empty work folder that remembers its config and data; the main process makes it."""
    if not is_main():
        return
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / CONFIG_FILE).write_text(dump_config(config), encoding="utf-8")
    (work / DATA_FILE).write_text(data_fingerprint, encoding="utf-8")


def last_whole_checkpoint(work: Path, config: Config, data_fingerprint: str) -> str | None:
    """Where an unfinished training goes on; none before its first checkpoint.

    Raises InputError where there is none to go on with, or its config or data differ.
    """
    if not (work / CONFIG_FILE).is_file():
        raise InputError(f"{work}: no unfinished training to resume; leave --resume away")
    if (work / CONFIG_FILE).read_text(encoding="utf-8") != dump_config(config):
        raise InputError(f"{work}: the unfinished training has another config; leave --resume away")
    if (work / DATA_FILE).read_text(encoding="utf-8") != data_fingerprint:
        raise InputError(f"{work}: the unfinished training has other data; leave --resume away")
    if is_main():
        _drop_half_written(work)
    last = get_last_checkpoint(str(work))
    return str(last) if last else None


def seconds_until(checkpoint: str | None) -> float:
    """The seconds that the training took until a checkpoint; 0 without one that tells them."""
    if checkpoint is None:
        return 0.0
    state = json.loads((Path(checkpoint) / STATE_FILE).read_text(encoding="utf-8"))
    return float(max((entry.get(ELAPSED, 0.0) for entry in state["log_history"]), default=0.0))


def keep_last(work: Path, trained: "Trained", folder: Path) -> None:
    """Save the last epoch's weights under `last/` of a run, where the best epoch is another one."""
    last = get_last_checkpoint(str(work))
    if last is None or trained.best_epoch >= trained.facts["epochs"]:
        return
    (folder / "last").mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(Path(last) / name, folder / "last" / name)


def _drop_half_written(work: Path) -> None:
    """A checkpoint without the file that the Trainer writes last was cut off by the kill."""
    for folder in work.glob("checkpoint-*"):
        state = folder / STATE_FILE
        try:
            json.loads(state.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            shutil.rmtree(folder)
