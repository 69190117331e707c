"""A trained run → ONNX: fp32, and int8 where its spans are as good."""

import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from warwire.documents import Document
from warwire.errors import InputError, RunError
from warwire.model.checkpoints import Checkpoint
from warwire.model.exported import FILES, FOLDER, RECORD, OnnxEngine
from warwire.model.prediction import Predictor
from warwire.model.quantizing import VARIANTS, Feed, find_layers, prepare, quantize
from warwire.spans import Span
from warwire.storage import new_folder

F1_LOST_AT_MOST = 0.005
LOGITS_APART_AT_MOST = 1e-3
ARTICLES_TO_CALIBRATE = 32
OPSET = 17
Found = list[list[Span]]


@dataclass(frozen=True, slots=True)
class Trial:
    """A model on the validation articles; `equal_spans` is the F1 of its spans against fp32's."""

    variant: str
    f1: float
    equal_spans: float
    tokens_a_second: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What int8 has to pass: articles to measure on and to calibrate on, and their strict F1."""

    validation: Sequence[Document]
    training: Sequence[Document]
    f1: Callable[[Found], float]


def export_run(
    checkpoint: Checkpoint, folder: Path, gate: Gate | None, *, tell: Callable[[Trial], None]
) -> dict[str, Any]:
    """Write a run's `onnx` folder, whole or not at all; the record in it comes back.

    int8 is written if one of the variants is faster than fp32 and within half a point of its F1,
    the fastest such; without a gate it is not tried. Raises RunError where the exported model does
    not compute what the run does, InputError where the extra `onnx` is not installed.
    """
    _need_onnx()
    parameters = sum(weights.numel() for weights in checkpoint.model.parameters())
    record: dict[str, Any] = {"parameters": parameters, "opset": OPSET, "int8": None, "tried": []}
    with new_folder(folder / FOLDER) as scratch:
        _trace(checkpoint, scratch / FILES["fp32"])
        _compare(checkpoint, scratch / FILES["fp32"])
        if gate:
            trials, chosen = _try_variants(checkpoint, scratch, gate, tell)
            record["tried"] = [asdict(trial) for trial in trials]
            record["int8"] = chosen and chosen.variant
        (scratch / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


def choose(trials: Sequence[Trial]) -> Trial | None:
    """The fastest of the variants after the first, fp32, that is faster and as good as that."""
    plain, *variants = trials
    good = [
        each
        for each in variants
        if each.f1 >= plain.f1 - F1_LOST_AT_MOST and each.tokens_a_second > plain.tokens_a_second
    ]
    return max(good, key=lambda trial: trial.tokens_a_second, default=None)


def _need_onnx() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InputError("exporting needs more packages; pip install 'warwire[onnx]'") from error


def _trace(checkpoint: Checkpoint, file: Path) -> None:
    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = checkpoint.model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    names = ["input_ids", "attention_mask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits().eval(),
            tuple(map(torch.from_numpy, _sample(checkpoint, rows=2, tokens=8).values())),
            str(file),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "logits"]},
            opset_version=OPSET,
            dynamo=False,
        )


def _sample(checkpoint: Checkpoint, *, rows: int, tokens: int) -> Feed:
    """Random ids of which the last row's second half is padding."""
    vocabulary = checkpoint.model.config.vocab_size
    ids = np.random.default_rng(0).integers(1, vocabulary, (rows, tokens), dtype=np.int64)
    mask = np.ones_like(ids)
    mask[-1, tokens // 2 :] = rows == 1
    return {"input_ids": ids, "attention_mask": mask}


def _compare(checkpoint: Checkpoint, file: Path) -> None:
    """Batches of other shapes than the traced one must come out as torch has them."""
    import torch

    engine = OnnxEngine(file, dtype="fp32")
    for rows, tokens in ((1, 1), (3, checkpoint.config.windows.size)):
        feed = _sample(checkpoint, rows=rows, tokens=tokens)
        with torch.inference_mode():
            ours = checkpoint.model(**{key: torch.from_numpy(each) for key, each in feed.items()})
        apart = np.abs(engine(*feed.values()) - ours.logits.numpy())
        worst = float(apart[feed["attention_mask"] == 1].max())
        if not worst <= LOGITS_APART_AT_MOST:
            raise RunError(f"the exported model's logits differ from torch's by {worst:.3g}")


def _try_variants(
    checkpoint: Checkpoint, folder: Path, gate: Gate, tell: Callable[[Trial], None]
) -> tuple[list[Trial], Trial | None]:
    """Measure fp32 and each variant; leaves the chosen one's file as int8 and no other."""
    plain, prepared = folder / FILES["fp32"], folder / "prepared.onnx"
    prepare(plain, prepared)
    layers = find_layers(prepared, tags=len(checkpoint.tags.names))
    predictor = Predictor(checkpoint, engine=OnnxEngine(plain, dtype="fp32"))
    batches = predictor.inputs([each.text for each in gate.training[:ARTICLES_TO_CALIBRATE]])
    feeds: list[Feed] = [{"input_ids": ids, "attention_mask": mask} for ids, mask in batches]
    reference = _measure("fp32", checkpoint, plain, gate, None)
    tell(reference[0])
    trials = [reference[0]]
    for variant in VARIANTS:
        file = folder / f"{variant.name}.onnx"
        quantize(prepared, file, variant, layers=layers, batches=feeds)
        trials.append(_measure(variant.name, checkpoint, file, gate, reference[1])[0])
        tell(trials[-1])
    chosen = choose(trials)
    if chosen:
        (folder / f"{chosen.variant}.onnx").replace(folder / FILES["int8"])
    for left in {*folder.glob("*.onnx")} - {folder / name for name in FILES.values()}:
        left.unlink()
    return trials, chosen


def _measure(
    name: str, checkpoint: Checkpoint, file: Path, gate: Gate, reference: Found | None
) -> tuple[Trial, Found]:
    predictor = Predictor(checkpoint, engine=OnnxEngine(file, dtype="fp32"))
    texts = [document.text for document in gate.validation]
    predictor.predict(texts[:1])
    started = time.perf_counter()
    predictions = list(predictor.stream_chunks([texts]))
    seconds = time.perf_counter() - started
    found = [spans for prediction in predictions for spans in prediction.spans]
    trial = Trial(
        variant=name,
        f1=round(gate.f1(found), 4),
        equal_spans=round(_agreement(found, reference or found), 4),
        tokens_a_second=round(sum(each.tokens for each in predictions) / seconds),
        megabytes=round(file.stat().st_size / 1e6, 1),
    )
    return trial, found


def _agreement(found: Found, reference: Found) -> float:
    """The F1 of equal spans between two models' answers; 1 where neither found any."""
    one, other = (
        {(at, *span.key) for at, spans in enumerate(each) for span in spans}
        for each in (found, reference)
    )
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
