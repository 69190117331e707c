"""Prediction beside the library's pipeline and a plain ONNX Runtime loop, on the same texts."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from machine import devices, flops_a_token, gemm_limit
from paired import Spread, ratio, take_turns
from report import Section
from turns import Built, Turn, ended

PIPELINE_BATCHES = (1, 8, 32)
WINDOW, STRIDE = 256, 64
ONNX_BATCH = 8
TIMES_ON_A_GPU = 50


def measure(run: Path, texts: Sequence[str], *, rounds: int) -> list[Section]:
    """One section a device."""
    return [_on(device, run, list(texts), rounds) for device in devices()]


def _on(device: str, run: Path, texts: list[str], rounds: int) -> Section:
    from warwire.model.checkpoints import load_run
    from warwire.model.features import tokenize

    checkpoint = load_run(run)
    texts = texts * (TIMES_ON_A_GPU if device == "cuda" else 1)
    tokens = sum(map(len, tokenize(checkpoint.tokenizer, texts)))
    formats = _formats(device)
    with tempfile.TemporaryDirectory() as scratch, ended([]) as turns:
        ours = [Turn(build_ours, run, texts, device, *kind) for kind in _engines(run, device)]
        turns += ours
        peers = [Turn(build_pipeline, run, texts, device)]
        turns += peers
        if device == "cpu":
            peers.append(Turn(build_onnx, run, texts, Path(scratch)))
            turns.append(peers[-1])
        limits = [Turn(build_limit, run, device, name) for name in formats]
        turns += limits
        measured = take_turns({turn.name: turn for turn in turns}, rounds=rounds)
        memory = {turn.name: turn.end() for turn in turns}
    speeds = {turn.name: [tokens / each for each in measured[turn.name]] for turn in ours + peers}
    work = flops_a_token(checkpoint.model)
    rows = []
    for name, speed in speeds.items():
        is_ours = name in [turn.name for turn in ours]
        faster = [str(ratio(speed, speeds[peer.name])) if is_ours else "" for peer in peers]
        limit = measured.get(f"limit {name.split()[-1]}") if is_ours else None
        share = ratio([each * work for each in speed], limit).percent if limit else ""
        rows.append([name, Spread.of(speed).whole, *faster, share, f"{memory[name]:,.0f}"])
    notes = [
        f"{len(texts)} articles, {tokens:,} tokens; {rounds} rounds; {_size(checkpoint)}",
        *(f"matrix {turn.name}: {_tera(measured[turn.name])} TFLOP/s" for turn in limits),
        f"peers read windows of {WINDOW} tokens, the pipeline with a stride of {STRIDE} and in the"
        f" best of the batch sizes {', '.join(map(str, PIPELINE_BATCHES))}, ONNX in batches of"
        f" {ONNX_BATCH}; each row is a process of its own",
        *_agreement(run, texts, device, formats),
    ]
    title = f"Prediction on {'a GPU' if device == 'cuda' else 'the processor'}"
    columns = ["what", "tokens a second", *(f"over {peer.name}" for peer in peers)]
    return Section(title, [*columns, "of the matrix limit", "peak memory, MB"], rows, notes)


def build_ours(run: Path, texts: list[str], device: str, engine: str, dtype: str) -> Built:
    """Warwire with an engine and number format."""
    from warwire import Predictor

    predictor: Any = Predictor.from_pretrained(run, engine=engine, dtype=dtype, device=device)  # type: ignore[arg-type]
    return f"warwire, {engine} {dtype}", lambda: predictor.predict(texts)


def build_pipeline(run: Path, texts: list[str], device: str) -> Built:
    """The library's pipeline in fp32 in its best batch size."""
    from transformers import AutoTokenizer, pipeline

    window = _window(run)
    tokenizer = AutoTokenizer.from_pretrained(run, model_max_length=window)
    pipe: Any = pipeline(
        "token-classification",
        model=str(run),
        tokenizer=tokenizer,
        aggregation_strategy="simple",
        stride=min(STRIDE, window // 4),
        device=device,
    )
    few = texts[:8]
    best = min(PIPELINE_BATCHES, key=lambda size: _seconds(lambda: pipe(few, batch_size=size)))
    return f"pipeline fp32, batch {best}", lambda: pipe(texts, batch_size=best)


def build_onnx(run: Path, texts: list[str], scratch: Path) -> Built:
    """A plain loop over windows in the order of the articles, padded to the longest of a batch."""
    from onnxruntime import InferenceSession

    from warwire.model.checkpoints import load_run
    from warwire.model.export import export_run

    checkpoint, window = load_run(run), _window(run)
    export_run(checkpoint, scratch, None, tell=lambda trial: None)
    session = InferenceSession(scratch / "onnx" / "model.onnx")

    def engine(ids: Any, mask: Any) -> Any:
        return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]

    return "plain ONNX Runtime fp32", lambda: _plain_onnx(
        engine, checkpoint.tokenizer, texts, window
    )


def build_limit(run: Path, device: str, dtype: str) -> Built:
    """Bare matrix products in the shapes of the model's linear layers, FLOP a second."""
    import torch

    from warwire.model.checkpoints import load_run

    model, numbers = load_run(run).model, {"fp32": torch.float32, "bf16": torch.bfloat16}[dtype]
    return f"limit {dtype}", lambda: gemm_limit(model, dtype=numbers, device=device)


def _plain_onnx(
    engine: Callable[..., Any], tokenizer: Any, texts: Sequence[str], window: int
) -> None:
    import numpy as np

    from warwire.model.features import Frame

    frame = Frame.of(tokenizer)
    windows = list(_windows(tokenizer, texts, window - len(frame)))
    for first in range(0, len(windows), ONNX_BATCH):
        rows = [frame.wrap(ids) for ids in windows[first : first + ONNX_BATCH]]
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)], mask[place, : len(row)] = row, 1
        engine(ids, mask).argmax(-1)


def _windows(tokenizer: Any, texts: Sequence[str], size: int) -> Iterator[list[int]]:
    from warwire.model.features import tokenize

    for tokens in tokenize(tokenizer, texts):
        ids = tokens.ids.tolist()
        yield from (ids[first : first + size] for first in range(0, len(ids), size))


def _engines(run: Path, device: str) -> list[tuple[str, str]]:
    """Warwire's engines in the number formats that the machine and the run have."""
    from warwire.model.exported import is_exported, read_record

    kinds = [("torch", name) for name in _formats(device)]
    if device == "cpu" and is_exported(run):
        kinds += [("onnx", "fp32"), *([("onnx", "int8")] if read_record(run)["int8"] else [])]
    return kinds


def _formats(device: str) -> list[str]:
    from warwire.model.hardware import choose_device, has_bf16

    return ["fp32", *(["bf16"] if has_bf16(choose_device(device)) else [])]


def _window(run: Path) -> int:
    from transformers import AutoConfig

    return int(min(WINDOW, AutoConfig.from_pretrained(run).max_position_embeddings))


def _seconds(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _agreement(run: Path, texts: list[str], device: str, formats: Sequence[str]) -> list[str]:
    """How many of fp32's spans bf16 finds too, where there is bf16."""
    from warwire import Predictor

    if "bf16" not in formats:
        return []
    found = {}
    for dtype in ("fp32", "bf16"):
        predictor: Any = Predictor.from_pretrained(run, engine="torch", dtype=dtype, device=device)  # type: ignore[arg-type]
        every = enumerate(predictor.predict(texts))
        found[dtype] = {(at, *span.key) for at, spans in every for span in spans}
    equal = len(found["fp32"] & found["bf16"]) / max(1, len(found["fp32"]))
    return [f"{equal:.1%} of fp32's {len(found['fp32']):,} spans are equal in bf16"]


def _tera(flops: Sequence[float]) -> Spread:
    return Spread.of([each / 1e12 for each in flops])


def _size(checkpoint: Any) -> str:
    return f"{sum(each.numel() for each in checkpoint.model.parameters()) / 1e6:.1f} M parameters"
