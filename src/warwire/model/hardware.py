"""What the machine can do: device, number format, memory."""

import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from warwire.errors import InputError

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Numbers that glibc's mallopt gives to its options."""


def choose_device(wanted: str = "auto") -> Any:
    """The torch device: as asked, else the first GPU, else the processor."""
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"device {wanted!r} is not there; use 'cpu' or 'auto'")
    return torch.device(wanted)


def choose_dtype(wanted: str, device: Any) -> Any:
    """The torch dtype: `fp32`, `bf16`, or by `auto` bf16 where the hardware multiplies in it."""
    import torch

    if wanted == "int8":
        raise InputError("--dtype int8 needs an exported model; leave --engine torch away")
    if wanted == "fp32":
        return torch.float32
    if wanted == "bf16" or has_bf16(device):
        return torch.bfloat16
    return torch.float32


def has_bf16(device: Any) -> bool:
    """Whether the device has units for bf16, so that it is faster than fp32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    found = torch.cpu.get_capabilities()
    return any(found.get(unit, False) for unit in ("amx_bf16", "avx512_bf16", "bf16"))


def sees_gpu(device: str) -> bool:
    """Whether a GPU is wanted and, told without loading torch, probably there."""
    return device.startswith("cuda") or (device == "auto" and bool(shutil.which("nvidia-smi")))


def processor_has_bf16() -> bool:
    """Whether this processor has units for bf16; where Linux tells, torch need not be loaded."""
    flags = Path("/proc/cpuinfo")
    if flags.is_file():
        return not {"amx_bf16", "avx512_bf16", "bf16"}.isdisjoint(flags.read_text().split())
    import torch

    return has_bf16(torch.device("cpu"))


def hold_memory() -> None:
    """On Linux, keep freed memory for the next batch of any thread, and have it in large pages.

    Else the C library hands each large tensor back to the system and takes it anew, page by page,
    which is a sixth of the time of training and of predicting. The process keeps its peak memory.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_ARENA_MAX, 1)
            mallopt(M_MMAP_MAX, 0)
            mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MiB."""
    if sys.platform == "win32":
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 1024**2, 1)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
