"""The reference of the query port, from its OpenAPI document."""

import json
from collections.abc import Iterator
from pathlib import Path

from docs.site.schemas import Schema, cell, chapter, words

INTRODUCTION = """# Every address of the query port

Made from `api/openapi.json`, which a running installation serves at `/openapi.json`. How the addresses belong together,
with examples, is told in [the query port](api.md)."""


def http_reference(document: Path) -> str:
    """One page: the addresses by subject, then the bodies by name."""
    told = json.loads(document.read_text(encoding="utf-8"))
    subjects: dict[str, list[str]] = {}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            subject = (operation.get("tags") or ["other"])[0]
            subjects.setdefault(subject, []).append(_address(method.upper(), path, operation))
    parts = [INTRODUCTION, *(part for name, found in sorted(subjects.items()) for part in (f"## {name}", *found))]
    return "\n\n".join([*parts, "## Bodies", *chapter(told["components"]["schemas"])]) + "\n"


def _address(method: str, path: str, operation: Schema) -> str:
    scopes = [scope for way in operation.get("security", []) for names in way.values() for scope in names]
    scope = f"A key with the scope `{scopes[0]}`." if scopes else "No key."
    parts = [f"### {method} {path}", f"{operation['summary']}. {scope}", str(operation.get("description", ""))]
    return "\n\n".join(
        [part for part in (*parts, _parameters(operation), _body(operation)) if part] + [_answers(operation)]
    )


def _parameters(operation: Schema) -> str:
    rows = [
        f"| `{one['name']}` | {one['in']} | {cell(words(one.get('schema', {})))} | {cell(one.get('description', ''))} |"
        for one in operation.get("parameters", [])
    ]
    return "\n".join(["| parameter | in | is | meaning |\n| --- | --- | --- | --- |", *rows]) if rows else ""


def _body(operation: Schema) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "\n\n".join(f"Body (`{kind}`): {words(one.get('schema', {}))}." for kind, one in content.items())


def _answers(operation: Schema) -> str:
    """What succeeds one by one, and what is refused in a line: that is everywhere the same."""
    told = operation["responses"].items()
    taken = [
        f"| {status} | {cell('; '.join(_kinds(answer)) or answer['description'])} |"
        for status, answer in told
        if not _is_refusal(answer)
    ]
    refused = ", ".join(status for status, answer in told if _is_refusal(answer))
    table = "\n".join(["| status | answer |\n| --- | --- |", *taken])
    return f"{table}\n\n[Refused](api.md#when-something-is-refused) with {refused}." if refused else table


def _is_refusal(answer: Schema) -> bool:
    return "application/problem+json" in answer.get("content", {})


def _kinds(answer: Schema) -> Iterator[str]:
    for kind, one in answer.get("content", {}).items():
        schema = one.get("schema")
        yield f"`{kind}`: {words(schema)}" if schema else f"`{kind}`"
