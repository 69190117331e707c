"""The Markdown card of a run, for people and for the hub."""

from collections.abc import Mapping
from typing import Any

import yaml


def model_card(
    name: str, provenance: Mapping[str, Any], figures: Mapping[str, Any] | None = None
) -> str:
    """What the run is, how it was made, how good it is, how to use it."""
    lines = [
        "---",
        *_front_matter(name, figures),
        "---",
        f"# {name}",
        "",
        "A token classifier for conflict news, fine-tuned by Warwire from"
        f" {provenance['base_model']}.",
        "",
        "```python",
        "import warwire",
        "",
        f'predictor = warwire.Predictor.from_pretrained("models/{name}")',
        "```",
        "",
    ]
    lines += (
        _results(figures) if figures else ["Not scored yet: `warwire score` fills this in.", ""]
    )
    facts = ("seed", "device", "precision", "train_seconds", "best_epoch", "validation_f1")
    lines += ["## How it was made", ""]
    lines += [f"- {fact.replace('_', ' ')}: {provenance[fact]}" for fact in facts]
    lines.append(f"- dataset fingerprints: {provenance['data_fingerprints']}")
    return "\n".join([*lines, ""])


def _front_matter(name: str, figures: Mapping[str, Any] | None) -> list[str]:
    """The hub's metadata; results as its model-index knows them."""
    facts: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "token-classification",
        "tags": ["token-classification", "conflict-news", "warwire"],
    }
    if figures:
        facts["model-index"] = [{"name": name, "results": [_model_index_result(figures)]}]
    return str(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)).rstrip().split("\n")


def _model_index_result(figures: Mapping[str, Any]) -> dict[str, Any]:
    whole = figures["scores"]["strict"]["all"]
    values = {
        "f1": ("strict micro F1", whole["f1"]),
        "precision": ("strict micro precision", whole["precision"]),
        "recall": ("strict micro recall", whole["recall"]),
    }
    metrics = [
        {"type": kind, "value": value, "name": title} for kind, (title, value) in values.items()
    ]
    macro = {"type": "f1", "value": figures["macro_f1"]["strict"], "name": "strict macro F1"}
    fingerprint, split = figures["test_set"]["fingerprint"], figures["test_set"]["split"]
    return {
        "task": {"type": "token-classification", "name": "Token Classification"},
        "dataset": {"type": f"warwire-{fingerprint}", "name": "held-out articles", "split": split},
        "metrics": [*metrics, macro],
    }


def _results(figures: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## Strict span scores on {figures['articles']} held-out articles",
        "",
        "| type | precision | recall | F1 | 95 % interval | spans |",
        "|---|---:|---:|---:|---|---:|",
    ]
    for row, figure in figures["scores"]["strict"].items():
        low, high = figure["f1_interval"]
        main = " | ".join(f"{figure[name]:.3f}" for name in ("precision", "recall", "f1"))
        lines.append(f"| {row} | {main} | {low:.3f} to {high:.3f} | {figure['support']} |")
    lines += ["", "Intervals are over articles (bootstrap).", ""]
    lines += _ceiling_lines(figures.get("ceiling"))
    return lines + _confidence_lines(figures.get("calibration"))


def _ceiling_lines(ceiling: Mapping[str, Any] | None) -> list[str]:
    if not ceiling:
        return []
    row = ceiling["rows"]["all"]
    return [
        f"On the {ceiling['articles']} articles that several people marked, they agree with each"
        f" other at F1 {row['annotators']:.3f}; the model has {row['model']:.3f} there.",
        "",
    ]


def _confidence_lines(calibration: Mapping[str, Any] | None) -> list[str]:
    if not calibration or not calibration["targets"]:
        return []
    rows = [
        f"| {row['target']:.2f} | {row['threshold']:.4f} | {row['precision']:.3f}"
        f" | {row['recall']:.3f} |"
        for row in calibration["targets"]
    ]
    head = "| precision asked for | threshold | precision on test | recall on test |"
    intro = (
        f"Expected calibration error {calibration['error']:.3f}. Thresholds, from validation, for"
        " `--target-precision`:"
    )
    return [intro, "", head, "|---:|---:|---:|---:|", *rows, ""]
