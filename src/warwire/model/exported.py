"""A run exported to ONNX, read without torch: its tokenizer, tags, config, and what runs it."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from warwire.config import load_config
from warwire.corpus.furniture_rules import kept_rules
from warwire.errors import InputError
from warwire.model.checkpoints import CONFIG_FILE, Checkpoint
from warwire.model.cores import most_at_once
from warwire.tagging.encoding import TagSet

FOLDER = "onnx"
RECORD = "export.json"
FILES = {"fp32": "model.onnx", "int8": "model-int8.onnx"}


class FastTokenizer:
    """A `tokenizer.json`, called as transformers calls its own fast tokenizers."""

    def __init__(self, file: Path, *, pad_token_id: int = 0):
        from tokenizers import Tokenizer

        self.pad_token_id = pad_token_id
        self._backend = Tokenizer.from_file(str(file))
        self._backend.no_truncation()
        self._backend.no_padding()

    def __call__(
        self, text: str | list[str], *, add_special_tokens: bool = True, **_: Any
    ) -> dict[str, Any]:
        """`input_ids`, `offset_mapping` and `special_tokens_mask`, one list a text."""
        texts = [text] if isinstance(text, str) else text
        every = self._backend.encode_batch(texts, add_special_tokens=add_special_tokens)
        columns: dict[str, list[Any]] = {
            "input_ids": [each.ids for each in every],
            "offset_mapping": [each.offsets for each in every],
            "special_tokens_mask": [each.special_tokens_mask for each in every],
        }
        if isinstance(text, str):
            return {name: values[0] for name, values in columns.items()}
        return columns


class OnnxEngine:
    """An ONNX model under ONNX Runtime; see `warwire.model.engines.Engine`."""

    name = "onnx"
    multiple = 1

    def __init__(self, file: Path, *, dtype: str, device: str = "auto", parameters: int = 0):
        self.dtype, self.parameters = dtype, parameters
        self.device = "cuda" if device.startswith("cuda") else "cpu"
        self.tokens = 512 if self.device == "cpu" else 4096
        self.cores = _cores() if self.device == "cpu" else 1
        threads = self.cores // most_at_once(self.cores)
        self._session = _session(file, self.device, threads=threads)

    def enter(self, mine: int, others: int) -> None:
        """Nothing: the session was opened with a thread's share of the cores."""

    def __call__(
        self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Logits (batch, tokens, tags) from ids and attention mask, both (batch, tokens)."""
        feed = {"input_ids": ids, "attention_mask": mask}
        logits: npt.NDArray[np.float32] = self._session.run(["logits"], feed)[0]
        return logits


def open_exported(folder: Path, *, dtype: str = "auto", device: str = "auto") -> OnnxEngine:
    """What runs a run's exported model; raises InputError for a number format it does not have."""
    record = read_record(folder)
    chosen = _choose_dtype(folder, record, dtype)
    file = folder / FOLDER / FILES[chosen]
    return OnnxEngine(file, dtype=chosen, device=device, parameters=record["parameters"])


def is_exported(folder: Path) -> bool:
    """Whether a run has an exported model and this machine what runs it."""
    return (folder / FOLDER / RECORD).is_file() and find_spec("onnxruntime") is not None


def read_record(folder: Path) -> dict[str, Any]:
    """What `export.json` says of the model; raises InputError where the run was not exported."""
    file = folder / FOLDER / RECORD
    if not file.is_file():
        raise InputError(f"{folder}: no exported model; make it with 'warwire export {folder}'")
    try:
        record = dict(json.loads(file.read_text(encoding="utf-8")))
        return {"parameters": int(record["parameters"]), "int8": record["int8"]}
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{file}: not readable; export the run again") from error


def load_exported(folder: Path) -> Checkpoint:
    """The run without its weights; raises InputError where a file is missing or unreadable."""
    try:
        architecture = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = [architecture["id2label"][str(at)] for at in range(len(architecture["id2label"]))]
        pad = architecture.get("pad_token_id") or 0
        tokenizer = FastTokenizer(folder / "tokenizer.json", pad_token_id=pad)
        tags = TagSet.from_names(names)
    except Exception as error:  # the tokenizers library raises bare Exceptions
        raise InputError(f"{folder}: the model cannot be loaded: {error}") from error
    config, rules = load_config(folder / CONFIG_FILE), kept_rules(folder)
    return Checkpoint(None, tokenizer, tags, config, rules)


def _choose_dtype(folder: Path, record: dict[str, Any], wanted: str) -> str:
    offered = record.get("int8") is not None
    if wanted == "auto":
        return "int8" if offered else "fp32"
    if wanted == "int8" and not offered:
        raise InputError(
            f"{folder}: no int8 model was as good as fp32 and faster, or none was tried"
            f" (see {FOLDER}/{RECORD}); choose --dtype fp32"
        )
    if wanted not in FILES:
        raise InputError(f"--dtype {wanted} needs --engine torch; ONNX runs {' and '.join(FILES)}")
    return wanted


def _cores() -> int:
    """What the environment allows, as for torch, else the cores that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(os.environ.get("OMP_NUM_THREADS") or 0) or usable or 1


def _session(file: Path, device: str, *, threads: int) -> Any:
    if find_spec("onnxruntime") is None:
        raise InputError("ONNX Runtime is not installed; pip install 'warwire[onnx]'")
    import onnxruntime

    provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    if provider not in onnxruntime.get_available_providers():
        raise InputError("this ONNX Runtime has no CUDA; choose --engine torch or --device cpu")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=[provider])
    except Exception as error:  # onnxruntime raises bare Exceptions of its own
        raise InputError(f"{file}: cannot be loaded; export the run again") from error
