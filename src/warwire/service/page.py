"""The API's page for people, made of its OpenAPI description; it loads nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def render_page(api: Schema) -> str:
    """Every route and every message, as HTML."""
    from warwire.reports.pages import render

    messages = [_message(name, each) for name, each in api["components"]["schemas"].items()]
    return render(
        "api.html",
        title="Warwire's API",
        labels=(),
        model=api["info"]["version"],
        routes=list(_routes(api)),
        messages=[each for each in messages if each["fields"]],
    )


def _routes(api: Schema) -> Iterator[dict[str, Any]]:
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            yield {
                "name": f"{method.upper()} {path}",
                "meaning": operation.get("description", ""),
                "takes": _content(operation.get("requestBody", {})),
                "gives": [
                    (status, each["description"], _content(each))
                    for status, each in operation["responses"].items()
                ],
            }


def _content(part: Schema) -> str:
    schema = part.get("content", {}).get("application/json", {}).get("schema")
    return _kind(schema) if schema else ""


def _message(name: str, schema: Schema) -> dict[str, Any]:
    fields = schema.get("properties", {}).items()
    return {
        "name": name,
        "meaning": schema.get("description", ""),
        "fields": [(field, _kind(each), each.get("description", "")) for field, each in fields],
        "example": json.dumps(schema["example"]) if "example" in schema else "",
    }


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("type", "any"))
