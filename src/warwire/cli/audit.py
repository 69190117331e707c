"""`warwire audit`: a prepared dataset → what could make its scores misleading."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say

EPILOG = """Examples:

  warwire audit data/built/starter

  warwire audit data/built/starter --tokenizer bundled --json > audit.json
"""


@app.command(epilog=EPILOG)
def audit(
    dataset: Annotated[Path, typer.Argument(help="A folder that prepare wrote.")],
    tokenizer: Annotated[
        str | None,
        typer.Option(help="Also list spans that this base model's tokenizer cannot mark."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Look for leaks, rare types and suspicious spans; writes audit.json and audit.html."""
    from warwire.corpus.audit import audit as look
    from warwire.corpus.dataset import load_dataset
    from warwire.reports.audits import render_audit
    from warwire.storage import write_text

    prepared = load_dataset(dataset)
    reach = _reach(tokenizer, prepared.labels) if tokenizer else None
    found = look(prepared, reach=reach)
    page = render_audit(found, title=f"{dataset.name}: audit")
    write_text(dataset / "audit.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    write_text(dataset / "audit.html", page)
    for line in found["findings"][:20]:
        say(line)
    if len(found["findings"]) > 20:
        say(f"… and {len(found['findings']) - 20} more findings in audit.json")
    say(f"Wrote {dataset}/audit.json and audit.html.")
    if as_json:
        print_json(found)


def _reach(base: str, labels: tuple[str, ...]) -> Any:
    """A function that gives the spans of an article which do not survive encoding."""
    from warwire.config import parse_config
    from warwire.model.checkpoints import load_base
    from warwire.model.features import tokenize, unreachable_spans

    config = parse_config({"model": {"base": base}}, where="--tokenizer")
    tokenizer = load_base(config, labels).tokenizer

    def unreachable(document: Any) -> list[Any]:
        (tokens,) = tokenize(tokenizer, [document.text])
        return unreachable_spans(document, tokens)

    return unreachable
