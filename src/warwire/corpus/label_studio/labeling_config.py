"""The labeling config (XML) → which data key holds the text, and the labels in order."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from warwire.errors import InputError


@dataclass(frozen=True, slots=True)
class LabelingConfig:
    """What an importer needs of a labeling config: the control, its labels and the text's key."""

    control: str
    labels: tuple[str, ...]
    text_key: str


def load_labeling_config(path: Path) -> LabelingConfig:
    """The first Labels control on a Text object; an alias stands in place of its label's value."""
    if not path.is_file():
        raise InputError(f"{path}: no such labeling config")
    try:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as XML: {error}") from error
    return _parse(root, path)


def _parse(root: ElementTree.Element, path: Path) -> LabelingConfig:
    texts = {tag.get("name"): tag.get("value", "") for tag in root.iter("Text")}
    control = next((tag for tag in root.iter("Labels") if tag.get("toName") in texts), None)
    if control is None:
        raise InputError(f"{path}: has no <Labels> control whose toName is a <Text>")
    names = [tag.get("alias") or tag.get("value") for tag in control.iter("Label")]
    labels = tuple(name for name in names if name)
    if not labels:
        raise InputError(f"{path}: its <Labels> control holds no <Label>")
    key = texts[control.get("toName")].removeprefix("$")
    return LabelingConfig(control.get("name", "label"), labels, key)
