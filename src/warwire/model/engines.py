"""What runs the encoder: torch, or an exported model under ONNX Runtime."""

from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from warwire.errors import InputError
from warwire.model.checkpoints import Checkpoint, load_run
from warwire.model.exported import is_exported, load_exported, open_exported
from warwire.model.hardware import (
    choose_device,
    choose_dtype,
    has_bf16,
    hold_memory,
    processor_has_bf16,
    sees_gpu,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Dtype = Literal["auto", "fp32", "bf16", "int8"]
EngineName = Literal["auto", "torch", "onnx"]


class Engine(Protocol):
    """Batches of ids → logits, on one device in one number format (`fp32`, `bf16`, `int8`)."""

    name: str
    device: str
    dtype: str
    parameters: int
    tokens: int
    """How many tokens a batch best holds."""
    multiple: int
    """Lengths of batches are best multiples of it."""

    @property
    def cores(self) -> int:
        """How many cores may read batches of their own; with 1, batches are read in turn."""
        ...

    def enter(self, mine: int, others: int) -> None:
        """Begin a thread that may use so many cores, in a process that else uses the others."""
        ...

    def __call__(self, ids: Ints, mask: Ints) -> Floats:
        """Logits (batch, tokens, tags) from ids and attention mask, both (batch, tokens)."""
        ...


class TorchEngine:
    """A transformers model on a processor or GPU; see `Engine`."""

    name = "torch"
    multiple = 16
    """Each new shape costs torch time, and memory for good."""

    def __init__(self, model: Any, *, dtype: str = "auto", device: str = "auto"):
        from warwire.model.attention import mask_once
        from warwire.model.packing import pack_weights

        where = choose_device(device)
        numbers = choose_dtype(dtype, where)
        self.device = str(where)
        self.dtype = {"float32": "fp32", "bfloat16": "bf16"}[str(numbers).removeprefix("torch.")]
        self.tokens = 2048 if where.type == "cpu" else 4096
        self.parameters = sum(weights.numel() for weights in model.parameters())
        self._model = model.to(device=where, dtype=numbers).eval()
        if where.type == "cpu":
            hold_memory()
        if where.type == "cpu" and self.dtype == "bf16" and has_bf16(where):
            mask_once(self._model)
            pack_weights(self._model)

    @property
    def cores(self) -> int:
        """All of a processor's; 1 on a GPU, or under autocast, which holds for one thread alone."""
        import torch

        alone = self.device != "cpu" or torch.is_autocast_enabled("cpu")
        return 1 if alone else int(torch.get_num_threads())

    def enter(self, mine: int, others: int) -> None:
        """Let torch use so many threads from the calling one."""
        from warwire.model.cores import take_torch_threads

        take_torch_threads(mine, others)

    def __call__(self, ids: Ints, mask: Ints) -> Floats:
        """Logits (batch, tokens, tags) from ids and attention mask, both (batch, tokens)."""
        import torch

        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=torch.from_numpy(mask).to(self.device),
            ).logits
            result: Floats = logits.float().cpu().numpy()
        return result


def open_run(
    folder: Path | str, *, engine: str = "auto", dtype: str = "auto", device: str = "auto"
) -> tuple[Checkpoint, Engine]:
    """A run's tokenizer, tags and config, and the engine that runs it.

    `auto` takes torch on a GPU and where the processor multiplies in bf16, elsewhere an exported
    model if there is one. Raises InputError for a folder that is no run, an unknown name, or what
    this run or machine does not have.
    """
    _check("engine", engine, get_args(EngineName))
    _check("dtype", dtype, get_args(Dtype))
    folder = Path(folder)
    if _by_torch(folder, engine, dtype, device):
        checkpoint = load_run(folder)
        return checkpoint, TorchEngine(checkpoint.model, dtype=dtype, device=device)
    running = open_exported(folder, dtype=dtype, device=device)
    return load_exported(folder), running


def _by_torch(folder: Path, engine: str, dtype: str, device: str) -> bool:
    if engine != "auto":
        return engine == "torch"
    if dtype == "int8":
        return False
    if dtype == "bf16" or not is_exported(folder) or sees_gpu(device):
        return True
    return dtype == "auto" and processor_has_bf16()


def _check(option: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        names = f"{', '.join(known[:-1])} or {known[-1]}"
        raise InputError(f"--{option} {given!r} is unknown; it can be {names}")
