"""Self-contained HTML pages: marked-up articles, and scores with what was right and wrong."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from warwire.documents import Document
from warwire.evaluation.errors import CLASSES, MEANING
from warwire.reports import plots
from warwire.reports.marking import marked_errors, marked_up
from warwire.spans import Span

MOST_ARTICLES = 1000


def render_marked_up(documents: Iterable[Document], *, title: str, labels: Sequence[str]) -> str:
    """A page of articles with their spans marked by type."""
    articles = [marked_up(document, labels) for document in documents]
    return render("marked_up.html", title=title, labels=labels, articles=articles)


def render_scores(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[Span]],
    *,
    title: str,
    labels: Sequence[str],
    figures: Mapping[str, Any],
) -> str:
    """A page of the figures, and of the articles with every gold and predicted span by its class.

    `figures` is a metrics record; parts of the study that it lacks are left out. Beyond a thousand
    articles the page shows the thousand with the most errors and says so.
    """
    pairs = zip(documents, predictions, strict=True)
    articles = [marked_errors(document, found, labels) for document, found in pairs]
    shown = sorted(articles, key=lambda each: -each.errors)[:MOST_ARTICLES]
    kept = {each.id for each in shown} if len(articles) > MOST_ARTICLES else None
    return render(
        "scores.html",
        title=title,
        labels=labels,
        figures=figures,
        articles=[each for each in articles if kept is None or each.id in kept],
        left_out=max(0, len(articles) - MOST_ARTICLES),
        axis=plots.axis_of(row["f1_interval"] for row in figures["scores"]["strict"].values()),
    )


def render(name: str, **values: Any) -> str:
    """A page from a template, with the one script that it may run named by its digest."""
    script = (files("warwire.reports") / "templates" / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    usual = {"classes": CLASSES, "meaning": MEANING, "plots": plots}
    return _template(name).render(
        **{**usual, **values}, script=Markup(script), script_digest=digest
    )


def css_string(text: str) -> Markup:
    """A text as a string of a style sheet, out of which it cannot break."""
    escaped = re.sub(r'["\\<\x00-\x1f\x7f]', lambda found: f"\\{ord(found[0]):x} ", text)
    return Markup(f'"{escaped}"')


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("warwire.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_string"] = css_string
    return environment.get_template(name)
