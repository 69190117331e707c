"""Spans as a Label Studio prediction, under a version that names the run and its weights."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from warwire.corpus.label_studio import LabelingConfig
from warwire.errors import InputError
from warwire.spans import Span


def model_version(run: Path) -> str:
    """The run's name and twelve hex digits of its weights' SHA-256: `minilm@0f3a…`."""
    weights = run / "model.safetensors"
    if not weights.is_file():
        raise InputError(f"{run}: no trained model; train one with 'warwire train CONFIG'")
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{run.resolve().name}@{digest[:12]}"


def prediction(
    text: str, spans: Sequence[Span], config: LabelingConfig, version: str
) -> dict[str, Any]:
    """One prediction on a plain text; its score is that of the least sure span, 1 without spans.

    Label Studio's queue gives low scores first. `start` and `end` count characters, as its Text
    tag does.
    """
    return {
        "model_version": version,
        "score": min((span.score for span in spans if span.score is not None), default=1.0),
        "result": [_region(text, span, config) for span in spans],
    }


def check_labels(labels: Sequence[str], config: LabelingConfig, where: str) -> None:
    """Raise InputError where a model knows labels that a project does not."""
    foreign = [label for label in labels if label not in config.labels]
    if foreign:
        raise InputError(
            f"{where} has no label {', '.join(foreign)} (it has {', '.join(config.labels)});"
            " add it to the labeling config, or push a model trained on this project's labels"
        )


def _region(text: str, span: Span, config: LabelingConfig) -> dict[str, Any]:
    stored = {name: alias for alias, name in config.aliases.items()}.get(span.label, span.label)
    return {
        "id": f"{span.start}-{span.end}-{config.labels.index(span.label)}",
        "from_name": config.control,
        "to_name": config.shown,
        "type": "labels",
        "score": span.score,
        "value": {
            "start": span.start,
            "end": span.end,
            "text": text[span.start : span.end],
            "labels": [stored],
        },
    }
