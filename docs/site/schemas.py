"""JSON Schemas as tables that people read."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from docs.site.links import anchor

Schema: TypeAlias = dict[str, Any]
"""Part of a document whose shape its own standard gives."""


def cell(text: object) -> str:
    """Text for one cell of a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def words(schema: Schema) -> str:
    """What a value is, in words; what has a name of its own is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(words(one) for one in schema[union]))
    if "enum" in schema or "const" in schema:
        return " ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {words(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _bounds(schema: Schema) -> str:
    """What a value must keep to beside its type."""
    inner = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    told = {**(inner[0] if len(inner) == 1 else {}), **schema}
    names = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "minLength": "characters at least",
        "maxLength": "characters at most",
        "maxItems": "members at most",
        "pattern": "like",
        "default": "default",
    }
    found = [f"{words_} `{told[name]}`" for name, words_ in names.items() if told.get(name) not in (None, [], "", {})]
    return "; ".join(found)


def members(schema: Schema) -> Iterator[str]:
    """The table of an object's members, or the values of a closed set."""
    if "enum" in schema:
        yield words(schema)
        return
    required = schema.get("required", [])
    if not schema.get("properties"):
        yield words(schema)
        return
    yield "| member | is | meaning |\n| --- | --- | --- |"
    for name, member in schema["properties"].items():
        meaning = ". ".join(
            part
            for part in (
                str(member.get("description", "")).rstrip("."),
                "always there" if name in required else "",
                _bounds(member),
            )
            if part
        )
        yield f"| `{name}` | {cell(words(member))} | {cell(meaning)} |"


def chapter(schemas: Schema) -> Iterator[str]:
    """All that has a name, one under the other."""
    for name, schema in sorted(schemas.items()):
        told = [str(schema["description"])] if schema.get("description") else []
        yield "\n\n".join([f"### {name}", *told, "\n".join(members(schema))])
