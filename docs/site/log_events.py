"""The events that the code logs, read from its source: name, level and fields of every `log.<level>(…)`."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("ingest", "streams", "analytics", "api", "providers", "runtime", "tidings")
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "critical": "critical"}
WITH_TRACEBACK = {"exception": "error"}
RAW = re.compile(rb'\{"event": "(\w+)", "level": "(\w+)"(.*)\}')
"""What is written past the log, by a process that has no time for it."""
TELLS = re.compile(r'\blog\.|get_logger\(\)|"event"')
"""What stands in every module that logs. Most do not, and are not read further."""
UNNAMED = "unnamed"
"""Whose name this cannot find in the code; there must be none."""


@dataclass(frozen=True)
class Event:
    """Of one name, everything that any place in a room says of it."""

    name: str
    room: str
    levels: frozenset[str]
    fields: tuple[str, ...]


@cache
def logged() -> tuple[Event, ...]:
    """All events by room, and in each by name."""
    found: dict[tuple[int, str], list[Event]] = {}
    for number, room in enumerate(ROOMS):
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "tests" not in path.parts and TELLS.search(text):
                for event in _in_module(room, ast.parse(text)):
                    found.setdefault((number, event.name), []).append(event)
    return tuple(_together(several) for _, several in sorted(found.items()))


def _together(several: list[Event]) -> Event:
    fields = dict.fromkeys(field for event in several for field in event.fields)
    levels = frozenset(level for event in several for level in event.levels)
    return Event(several[0].name, several[0].room, levels, tuple(fields))


def _in_module(room: str, module: ast.Module) -> Iterator[Event]:
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        calls = [(level, call) for call in _calls(function) if call.args and (level := _level(call))]
        dicts = dict(_dicts(function)) if calls else {}
        for level, call in calls:
            fields = tuple(_fields(call, dicts))
            for name in _names(call.args[0], function, module) or {UNNAMED}:
                yield Event(name, room, frozenset({level}), fields)
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes) and (raw := RAW.match(node.value.strip())):
            name, level, rest = (group.decode() for group in raw.groups())
            yield Event(name, room, frozenset({level}), tuple(re.findall(r'"(\w+)":', rest)))


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _level(call: ast.Call) -> str | None:
    """Null when it is no call of a log."""
    if not isinstance(call.func, ast.Attribute):
        return None
    level = (LEVELS | WITH_TRACEBACK).get(call.func.attr)
    return level if level and ast.unparse(call.func.value) in {"log", "structlog.get_logger()"} else None


def _names(first: ast.expr, function: ast.AST, module: ast.Module) -> set[str]:
    """What the first argument can be; when it is a name, what is given to it in the function or by its callers."""
    if not isinstance(first, ast.Name):
        return _constants(first)
    assigned = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == first.id
        for name in _constants(node.value)
    }
    callers = [call for call in _calls(module) if ast.unparse(call.func).rpartition(".")[2] == _name_of(function)]
    return assigned or {name for call in callers for name in _constants(call.args[0])}


def _name_of(function: ast.AST) -> str:
    return function.name if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else ""


def _constants(value: ast.expr) -> set[str]:
    """A text, or the two that an expression chooses from."""
    if isinstance(value, ast.IfExp):
        return _constants(value.body) | _constants(value.orelse)
    return {value.value} if isinstance(value, ast.Constant) and isinstance(value.value, str) else set()


def _dicts(function: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Dictionaries that are made in a function, by name, with their keys."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
            yield ast.unparse(node.targets[0]), [str(key) for key in keys]


def _fields(call: ast.Call, dicts: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "exc_info":
            yield "exception"
        elif keyword.arg:
            yield keyword.arg
        else:
            yield from dicts.get(ast.unparse(keyword.value), ["…"])
    if isinstance(call.func, ast.Attribute) and call.func.attr in WITH_TRACEBACK:
        yield "exception"
