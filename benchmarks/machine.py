"""What the benchmarks ran on, and how fast it multiplies matrices."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

UNITS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "bf16")
PACKAGES = ("warwire", "torch", "transformers", "tokenizers", "onnxruntime", "ray")
GEMM_TOKENS = 4096


def describe() -> list[str]:
    """The processor, its units, cores, memory and GPU, and the versions of what matters."""
    import psutil

    info = Path("/proc/cpuinfo")
    words = info.read_text() if info.is_file() else ""
    names = [line.split(":")[1].strip() for line in words.splitlines() if "model name" in line]
    units = [unit for unit in UNITS if unit in words.split()]
    memory = psutil.virtual_memory().total / 1024**3
    processor = (names or [platform.processor() or platform.machine()])[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = [f"{processor}; {cores} cores; {', '.join(units)}; {memory:.0f} GiB of memory"]
    lines += [f"{gpu}" for gpu in _gpus()]
    versions = [f"{name} {_version(name)}" for name in PACKAGES if _version(name)]
    return [*lines, f"Python {platform.python_version()}, {', '.join(versions)}"]


def devices() -> list[str]:
    """`cpu`, and `cuda` where there is one."""
    import torch

    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def flops_a_token(model: Any) -> float:
    """Multiplications and additions of the linear layers for one token, forward."""
    return 2.0 * sum(weights.numel() for weights in _matrices(model))


def gemm_limit(model: Any, *, dtype: Any, device: str, seconds: float = 0.3) -> float:
    """FLOP a second of bare matrix products in the shapes of a model's linear layers."""
    import torch

    shapes = sorted({tuple(weights.shape) for weights in _matrices(model)})
    done = took = 0.0
    for out, width in shapes:
        count = sum(tuple(weights.shape) == (out, width) for weights in _matrices(model))
        x = torch.randn(GEMM_TOKENS, width, device=device, dtype=dtype)
        w = torch.randn(out, width, device=device, dtype=dtype)
        each = _seconds_each(lambda x=x, w=w: torch.nn.functional.linear(x, w), device, seconds)
        done += count * 2.0 * GEMM_TOKENS * out * width
        took += count * each
    return done / took


def _seconds_each(run: Any, device: str, seconds: float) -> float:
    import torch

    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    run()
    wait()
    times, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(5):
            run()
        wait()
        times += 5
    return (time.perf_counter() - started) / times


def _matrices(model: Any) -> list[Any]:
    import torch

    return [each.weight for each in model.modules() if isinstance(each, torch.nn.Linear)]


def _gpus() -> list[str]:
    import torch

    found = [torch.cuda.get_device_properties(at) for at in range(torch.cuda.device_count())]
    return [f"{gpu.name}; {gpu.total_memory / 1024**3:.0f} GiB of memory" for gpu in found]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
