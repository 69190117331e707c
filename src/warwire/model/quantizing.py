"""An ONNX model in fp32 → the same in int8, in the ways that are worth a try."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Feed = Mapping[str, npt.NDArray[np.int64]]
"""One batch of a model's inputs by name."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A matrix multiplication with constant weights, from so many values to so many."""

    name: str
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class Variant:
    """Which layers are quantized, and whether the scales of what flows through are fixed.

    Dynamic scales are taken from each batch, static ones from a few batches beforehand.
    """

    name: str
    takes: Callable[[Layer], bool]
    static: bool = False


VARIANTS = (
    Variant("dynamic, every layer", lambda layer: True),
    Variant("dynamic, feed-forward layers", lambda layer: layer.inputs != layer.outputs),
    Variant("dynamic, no layer that narrows", lambda layer: layer.inputs <= layer.outputs),
    Variant("static, every layer", lambda layer: True, static=True),
    Variant("static, no layer that narrows", lambda layer: layer.inputs <= layer.outputs, True),
)
"""Weights have a scale a channel in all of them, and the classification layer stays in fp32.

What goes into layers that narrow holds outliers, which one scale for all serves badly.
"""


def prepare(source: Path, target: Path) -> None:
    """Fold constants and infer shapes, which quantization needs."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with _quiet():
        quant_pre_process(str(source), str(target), skip_symbolic_shape=True)


def find_layers(prepared: Path, *, tags: int) -> list[Layer]:
    """The layers of a prepared model that can be quantized."""
    import onnx

    graph = onnx.load(str(prepared)).graph
    shapes = {constant.name: tuple(constant.dims) for constant in graph.initializer}
    found = [
        Layer(node.name, *shapes[node.input[1]])
        for node in graph.node
        if node.op_type == "MatMul" and len(shapes.get(node.input[1], ())) == 2
    ]
    return [layer for layer in found if layer.outputs != tags]


def quantize(
    prepared: Path,
    target: Path,
    variant: Variant,
    *,
    layers: Sequence[Layer],
    batches: Sequence[Feed],
) -> None:
    """Write the model with a variant's layers in int8; static scales come from `batches`."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static

    options: dict[str, Any] = {
        "per_channel": True,
        "weight_type": QuantType.QInt8,
        "op_types_to_quantize": ["MatMul"],
        "nodes_to_quantize": [layer.name for layer in layers if variant.takes(layer)],
    }
    with _quiet():
        if not variant.static:
            quantize_dynamic(str(prepared), str(target), **options)
            return
        options |= {"quant_format": QuantFormat.QDQ, "activation_type": QuantType.QUInt8}
        quantize_static(str(prepared), str(target), _reader(batches), **options)


def _reader(batches: Sequence[Feed]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        rest = iter(batches)

        def get_next(self) -> Feed | None:
            return next(self.rest, None)

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice that the quantizer gives through the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
