"""Prediction beside the library's pipeline and a plain ONNX Runtime loop, on the same texts."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from machine import devices, finish, flops_a_token, gemm_limit
from paired import Spread, ratio, take_turns
from report import Section

from warwire import Predictor
from warwire.model.checkpoints import load_run
from warwire.model.export import export_run
from warwire.model.exported import OnnxEngine, is_exported, read_record
from warwire.model.features import Frame, tokenize
from warwire.model.hardware import choose_device, has_bf16, peak_memory_mb

PIPELINE_BATCHES = (1, 8, 32)
PIPELINE_WINDOW, PIPELINE_STRIDE = 256, 64
ONNX_BATCH = 8
TIMES_ON_A_GPU = 50
Run = Callable[[], Any]


def measure(run: Path, texts: Sequence[str], *, rounds: int) -> list[Section]:
    """One section a device."""
    return [_on(device, run, list(texts), rounds) for device in devices()]


def _on(device: str, run: Path, texts: list[str], rounds: int) -> Section:
    texts = texts * (TIMES_ON_A_GPU if device == "cuda" else 1)
    checkpoint = load_run(run)
    tokens = sum(map(len, tokenize(checkpoint.tokenizer, texts)))
    with tempfile.TemporaryDirectory() as scratch:
        ours = _ours(run, texts, device)
        peers, chosen = _peers(run, checkpoint, texts, device, Path(scratch))
        limits = {
            name: lambda dtype=dtype: gemm_limit(checkpoint.model, dtype=dtype, device=device)
            for name, dtype in _dtypes(device).items()
        }
        speed = {name: _speed(each, tokens, device) for name, each in (ours | peers).items()}
        measured = take_turns(
            speed | {f"limit {key}": each for key, each in limits.items()}, rounds=rounds
        )
    work = flops_a_token(load_run(run).model)
    rows = [_row(name, name in ours, peers, measured, work) for name in [*ours, *peers]]
    columns = [
        "what",
        "tokens a second",
        *(f"over {peer}" for peer in peers),
        "of the matrix limit",
    ]
    title = f"Prediction on {'a GPU' if device == 'cuda' else 'the processor'}"
    best_of = ", ".join(map(str, PIPELINE_BATCHES))
    notes = [
        f"{len(texts)} articles, {tokens:,} tokens; {rounds} rounds; model {_size(checkpoint)}",
        *(f"matrix limit in {name}: {_tera(measured[f'limit {name}'])} TFLOP/s" for name in limits),
        f"the pipeline has windows of {PIPELINE_WINDOW} and stride {PIPELINE_STRIDE};"
        f" of batch sizes {best_of} its best was {chosen}",
        f"memory at most: {_memory(device):,.0f} MB, all of these in one process",
        *_agreement(run, texts, device),
    ]
    return Section(title, columns, rows, notes)


def _dtypes(device: str) -> dict[str, Any]:
    both = {"fp32": torch.float32, "bf16": torch.bfloat16}
    return both if has_bf16(choose_device(device)) else {"fp32": torch.float32}


def _ours(run: Path, texts: list[str], device: str) -> dict[str, Run]:
    """Warwire's engines in the number formats that the machine and the run have."""
    kinds = [("torch", name) for name in _dtypes(device)]
    if device == "cpu" and is_exported(run):
        kinds += [("onnx", "fp32"), *([("onnx", "int8")] if read_record(run)["int8"] else [])]
    runs: dict[str, Run] = {}
    for engine, dtype in kinds:
        predictor = Predictor.from_pretrained(run, engine=engine, dtype=dtype, device=device)
        runs[f"warwire, {engine} {dtype}"] = lambda each=predictor: each.predict(texts)
    return runs


def _peers(
    run: Path, checkpoint: Any, texts: list[str], device: str, scratch: Path
) -> tuple[dict[str, Run], int]:
    window = min(PIPELINE_WINDOW, checkpoint.model.config.max_position_embeddings)
    pipeline = _pipeline(run, device, window)
    best = min(
        PIPELINE_BATCHES, key=lambda size: _seconds(lambda: pipeline(texts[:8], batch_size=size))
    )
    peers: dict[str, Run] = {
        f"pipeline fp32, batch {best}": lambda: pipeline(texts, batch_size=best)
    }
    if device == "cpu":
        export_run(checkpoint, scratch, None, tell=print)
        engine = OnnxEngine(scratch / "onnx" / "model.onnx", dtype="fp32")
        peers["plain ONNX Runtime fp32"] = lambda: _plain_onnx(
            engine, checkpoint.tokenizer, texts, window
        )
    return peers, best


def _pipeline(run: Path, device: str, window: int) -> Any:
    from transformers import AutoTokenizer, pipeline

    tokenizer = AutoTokenizer.from_pretrained(run, model_max_length=window)
    return pipeline(
        "token-classification",
        model=str(run),
        tokenizer=tokenizer,
        aggregation_strategy="simple",
        stride=min(PIPELINE_STRIDE, window // 4),
        device=device,
    )


def _plain_onnx(engine: OnnxEngine, tokenizer: Any, texts: Sequence[str], window: int) -> None:
    """Windows in the order of the articles, padded to the longest of each batch."""
    import numpy as np

    frame = Frame.of(tokenizer)
    windows = list(_windows(tokenizer, texts, window - len(frame)))
    for first in range(0, len(windows), ONNX_BATCH):
        rows = [frame.wrap(ids) for ids in windows[first : first + ONNX_BATCH]]
        longest = max(map(len, rows))
        ids = np.array([row + [0] * (longest - len(row)) for row in rows], dtype=np.int64)
        mask = np.array(
            [[1] * len(row) + [0] * (longest - len(row)) for row in rows], dtype=np.int64
        )
        engine(ids, mask).argmax(-1)


def _windows(tokenizer: Any, texts: Sequence[str], size: int) -> Iterator[list[int]]:
    for tokens in tokenize(tokenizer, texts):
        ids = tokens.ids.tolist()
        yield from (ids[first : first + size] for first in range(0, len(ids), size))


def _speed(run: Run, tokens: int, device: str) -> Callable[[], float]:
    """Tokens a second of a run; the first of all is to warm up."""
    run()

    def once() -> float:
        return tokens / _seconds(lambda: (run(), finish(device)))

    return once


def _seconds(run: Run) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _row(name: str, ours: bool, peers: Any, measured: Any, work: float) -> list[str]:
    """Ours beside each peer and beside the bare matrix products; a peer by itself."""
    speeds = measured[name]
    faster = [str(ratio(speeds, measured[peer])) if ours else "" for peer in peers]
    limit = measured.get(f"limit {name.split()[-1]}") if ours else None
    share = ratio([speed * work for speed in speeds], limit).percent if limit else ""
    return [name, Spread.of(speeds).whole, *faster, share]


def _agreement(run: Path, texts: list[str], device: str) -> list[str]:
    """How many of fp32's spans bf16 finds too, where there is bf16."""
    if "bf16" not in _dtypes(device):
        return []
    plain, quick = (
        {
            (at, *span.key)
            for at, spans in enumerate(
                Predictor.from_pretrained(run, engine="torch", dtype=dtype, device=device).predict(
                    texts
                )
            )
            for span in spans
        }
        for dtype in ("fp32", "bf16")
    )
    equal = len(plain & quick) / max(1, len(plain))
    return [f"{equal:.1%} of fp32's {len(plain):,} spans are equal in bf16"]


def _tera(flops: Sequence[float]) -> Spread:
    return Spread.of([each / 1e12 for each in flops])


def _size(checkpoint: Any) -> str:
    return f"{sum(each.numel() for each in checkpoint.model.parameters()) / 1e6:.1f} M parameters"


def _memory(device: str) -> float:
    return torch.cuda.max_memory_allocated() / 1024**2 if device == "cuda" else peak_memory_mb()
