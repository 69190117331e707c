"""The typed training configs: YAML in, dotted overrides, defaults, exact round trip."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warwire.errors import InputError

DEFAULT_LABELS = ("ACTOR", "MILITARY_ACTION", "AID_AMOUNT")


class Section(BaseModel):
    """A part of a config; unknown keys are errors and values are not coerced across kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelSection(Section):
    """Which pretrained encoder is fine-tuned, and how it is loaded."""

    base: str = Field("bundled", description="'bundled', a local folder, or a hub id")
    revision: str | None = Field(None, description="branch, tag or commit of a hub id")
    weights: Literal["safetensors", "bin"] = Field(
        "safetensors", description="'bin' loads a pickle with weights_only=True"
    )
    allow_remote_code: bool = Field(False, description="run code that the base model brings")
    freeze_encoder: bool = Field(False, description="train the classification layer alone")
    dropout: float = Field(0.0, ge=0, lt=1, description="hidden and classifier dropout")
    attention_dropout: float = Field(0.0, ge=0, lt=1)
    add_prefix_space: bool | None = Field(
        None, description="for byte-level tokenizers: treat the first word like the others"
    )


class WindowsSection(Section):
    """How articles are cut for the encoder; every token is owned by exactly one window."""

    size: int = Field(192, ge=8, description="tokens a window, special tokens included")
    overlap: int = Field(8, ge=0, description="tokens that neighbouring windows share")
    skip_furniture: bool = Field(
        False, description="leave out what the furniture rules find, in training and prediction"
    )

    @model_validator(mode="after")
    def _room_to_advance(self) -> "WindowsSection":
        most = (self.size - 2) // 2
        if self.overlap > most:
            raise ValueError(f"overlap {self.overlap} must be at most {most} at size {self.size}")
        return self


class TrainingSection(Section):
    """How the encoder is fine-tuned."""

    epochs: int = Field(10, ge=1, description="more where min_steps asks for more")
    min_steps: int = Field(
        0, ge=0, description="at least so many optimizer steps, for corpora of few articles"
    )
    learning_rate: float = Field(3e-4, gt=0)
    head_learning_rate: float | None = Field(
        None, gt=0, description="of the classification layer; none: as the encoder's"
    )
    batch_size: int = Field(8, ge=1, description="windows a batch, over all processes")
    accumulate: int = Field(1, ge=1, description="batches an optimizer step")
    mask_words: float = Field(
        0.15, ge=0, lt=1, description="share of words hidden at random, against learning by heart"
    )
    warmup_ratio: float = Field(0.1, ge=0, le=1)
    weight_decay: float = Field(0.01, ge=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="auto: bf16 where the processor or GPU has the units"
    )
    device: Literal["auto", "cpu"] = "auto"
    seed: int = Field(13, ge=0, le=2**32 - 1)


class Config(Section):
    """A whole training set-up; every value has a default, a file states what differs."""

    name: str = Field("minilm", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    data: str = Field("data/built/starter", description="a folder that prepare wrote")
    model: ModelSection = ModelSection()
    windows: WindowsSection = WindowsSection()
    training: TrainingSection = TrainingSection()


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """The config in a YAML file, with `section.key=value` overrides applied on top.

    Raises InputError that names the file and the dotted path of what is wrong.
    """
    path = Path(path)
    content = _read_yaml(path)
    for override in overrides:
        _apply(content, override)
    return parse_config(content, where=str(path))


def parse_config(content: Mapping[str, Any], *, where: str) -> Config:
    """A validated config from plain data; `where` names its origin in errors."""
    try:
        return Config.model_validate(dict(content))
    except ValidationError as error:
        raise InputError(f"{where}: {_first_problem(error)}") from error


def dump_config(config: Config) -> str:
    """The whole resolved config as YAML; loading it gives an equal config."""
    content = config.model_dump()
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


class _Loader(yaml.SafeLoader):
    """Safe YAML in which 3e-4 is a number, as people write it."""


class _Dumper(yaml.SafeDumper):
    """Safe YAML that quotes text which `_Loader` would take for a number."""


for _kind in (_Loader, _Dumper):
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"),
        list("-+0123456789"),
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such config file; see configs/ for the ones provided")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected keys and values, found a {type(content).__name__}")
    return content


def _apply(content: dict[str, Any], override: str) -> None:
    dotted, sign, value = override.partition("=")
    if not sign or not dotted:
        raise InputError(f"override {override!r}: write it as section.key=value")
    *parents, key = dotted.split(".")
    target = content
    for parent in parents:
        child = target.setdefault(parent, {})
        if not isinstance(child, dict):
            raise InputError(f"override {override!r}: {parent!r} holds a value, not a section")
        target = child
    try:
        target[key] = yaml.load(value, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"override {override!r}: the value is not readable as YAML") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    dotted = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{dotted}'{_suggestion(dotted)}"
    message = problem["msg"].removeprefix("Value error, ")
    given = "" if problem["type"] == "value_error" else f", not {problem['input']!r}"
    return f"{dotted}: {message[0].lower()}{message[1:]}{given}"


def _suggestion(dotted: str) -> str:
    known = list(_dotted_keys(Config))
    by_leaf = [name for name in known if name.split(".")[-1] == dotted.split(".")[-1]]
    near = by_leaf or difflib.get_close_matches(dotted, known, n=1, cutoff=0.4)
    return f"; the nearest known key is '{near[0]}'" if near else ""


def _dotted_keys(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, info in section.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield f"{prefix}{name}"
            yield from _dotted_keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
