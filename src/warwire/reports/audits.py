"""The audit of a dataset as a page to read."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_audit(found: Mapping[str, Any], *, title: str) -> str:
    """A self-contained page of what `corpus.audit.audit` found."""
    environment = Environment(
        loader=PackageLoader("warwire.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("audit.html").render(title=title, found=found)
