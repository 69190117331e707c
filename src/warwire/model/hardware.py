"""What the machine can do: device, number format, memory."""

import sys
from typing import Any

from warwire.errors import InputError


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


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MiB."""
    if sys.platform == "win32":
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 1024**2, 1)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
