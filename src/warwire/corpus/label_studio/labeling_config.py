"""The labeling config (XML) → which data key holds the text, and the labels in order."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warwire.errors import InputError

CONTROLS = {"Labels", "HyperTextLabels", "ParagraphLabels"}
OBJECTS = {"Text": "text", "HyperText": "hypertext", "Paragraphs": "paragraphs"}


@dataclass(frozen=True, slots=True)
class LabelingConfig:
    """What an importer needs of a labeling config.

    `control` is the first control that labels text, `labels` its labels by their value, `aliases`
    what an export says in their place; `others` are further labelling controls. `kind` is text,
    hypertext or paragraphs; `turn_key` is where a paragraph's text stands; `shown` is the name of
    the object that shows the text.
    """

    control: str
    labels: tuple[str, ...]
    text_key: str
    kind: str = "text"
    turn_key: str = "text"
    aliases: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    shown: str = "text"


def load_labeling_config(path: Path) -> LabelingConfig:
    """The first labelling control on a text object; raises InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: no such labeling config")
    return parse_labeling_config(path.read_bytes(), str(path))


def parse_labeling_config(content: str | bytes, where: str) -> LabelingConfig:
    """The same from the XML itself; `where` names its origin in errors."""
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{where}: not readable as XML: {error}") from error
    return _parse(root, where)


def _parse(root: ElementTree.Element, path: str) -> LabelingConfig:
    objects = {tag.get("name"): tag for tag in root.iter() if tag.tag in OBJECTS}
    controls = [tag for tag in root.iter() if tag.tag in CONTROLS and tag.get("toName") in objects]
    if not controls:
        raise InputError(f"{path}: has no <Labels> control whose toName is a <Text>")
    control, *others = controls
    shown = objects[control.get("toName")]
    names = dict(_labels(control))
    if not names:
        raise InputError(f"{path}: its <Labels> control holds no <Label>")
    return LabelingConfig(
        control=control.get("name", "label"),
        labels=tuple(dict.fromkeys(names.values())),
        text_key=_text_key(shown, path),
        kind=OBJECTS[shown.tag],
        turn_key=shown.get("textKey", "text"),
        aliases={stored: name for stored, name in names.items() if stored != name},
        others=tuple(name for other in others if (name := other.get("name"))),
        shown=shown.get("name", "text"),
    )


def _labels(control: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for tag in control.iter("Label"):
        name = tag.get("value") or tag.get("alias")
        if name:
            yield tag.get("alias") or name, name


def _text_key(shown: ElementTree.Element, path: str) -> str:
    value = shown.get("value", "")
    if not value.startswith("$") or len(value) == 1:
        raise InputError(f"{path}: <{shown.tag} value={value!r}> names no data key such as '$text'")
    if shown.get("valueType", "text") == "url":
        raise InputError(
            f"{path}: <{shown.tag}> shows texts from web addresses, which an export does not hold;"
            " import the articles' texts themselves as tasks"
        )
    return value[1:]
