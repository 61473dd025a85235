"""How a body is spoilt: pure functions of a value, or of bytes, and chance."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

GOES_DEEPER = 0.8
Place = tuple[Any, Any]
"""A container and the name or number of a member in it."""

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ufeff",
    "\ud83d",  # half of an emoji, as texts that were cut have it
    "\u202e\u0661\u0662",  # written from the right, and digits that are not ASCII
    "null",
    "NaN",
    "-1",
    "1e999",
    "0x10",
    "٣٠٠٠",
    "x" * 201,
    "x" * 30_000,
    "\r\nSet-Cookie: a=b",
    "2026-02-30T25:61:61Z",
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59+14:00",
    "+99999999999999999999",
    "á́́́",
)
ODD_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**40, -(10**40), 0.1, 1e308, -0.0, 1e-320)
ODD_BYTES = (b",", b"}", b"]", b'"', b"\\", b"\\ud83d", b"\x00", b"NaN", b"//", b"&a=b")
ODD_VALUES = (None, True, False, [], {}, [[]], [None], {"": None}, [{}], {"0": {}})


def places(value: object) -> Iterator[Place]:
    """Every member of every container in `value`."""
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from places(value[name])  # type: ignore[index]  # it has names


def drop(value: Any, fate: Random, others: list[Any]) -> None:
    container, name = _place(value, fate)
    del container[name]


def retype(value: Any, fate: Random, others: list[Any]) -> None:
    container, name = _place(value, fate)
    container[name] = copied(fate.choice(ODD_VALUES + ODD_NUMBERS + ODD_TEXTS))


def restring(value: Any, fate: Random, others: list[Any]) -> None:
    container, name = _place(value, fate)
    old = container[name]
    container[name] = str(old) if not isinstance(old, str) else fate.choice((_number(old), [old], {"value": old}))


def rewrite(value: Any, fate: Random, others: list[Any]) -> None:
    """A text with something odd in its midst."""
    container, name = _place(value, fate)
    old = str(container[name])
    at = fate.randrange(len(old) + 1)
    container[name] = old[:at] + fate.choice(ODD_TEXTS)[:300] + old[at:]


def duplicate(value: Any, fate: Random, others: list[Any]) -> None:
    container, name = _place(value, fate)
    if isinstance(container, list):
        container.insert(fate.randrange(len(container) + 1), copied(container[name]))
    else:
        container[fate.choice((f"{name}_", str(name).upper(), str(name).swapcase(), ""))] = copied(container[name])


def nest(value: Any, fate: Random, others: list[Any]) -> None:
    container, name = _place(value, fate)
    for _ in range(fate.choice((1, 2, 40))):
        container[name] = [container[name]] if fate.random() < 0.5 else {str(name): container[name]}


def swap(value: Any, fate: Random, others: list[Any]) -> None:
    """A member becomes one of another sample."""
    container, name = _place(value, fate)
    theirs, other = _place(fate.choice(others), fate)
    container[name] = copied(theirs[other])


def repeat(value: Any, fate: Random, others: list[Any]) -> None:
    """A list becomes long."""
    lists = [container[name] for container, name in places(value) if isinstance(container[name], list)]
    if lists and (chosen := fate.choice(lists)):
        chosen.extend(copied(chosen[0]) for _ in range(fate.choice((1, 2, 3, 5, 8, 100))))


OF_VALUES: tuple[Callable[[Any, Random, list[Any]], None], ...] = (
    drop,
    retype,
    restring,
    rewrite,
    duplicate,
    nest,
    swap,
    repeat,
)


def copied(value: Any) -> Any:
    """Another one like it: what stands in two places would change in both, and could come to stand in itself."""
    return json.loads(json.dumps(value))


def truncate(body: bytes, fate: Random) -> bytes:
    return body[: fate.randrange(len(body) + 1)]


def flip(body: bytes, fate: Random) -> bytes:
    if not body:
        return body
    at = fate.randrange(len(body))
    return body[:at] + bytes([fate.randrange(256)]) + body[at + 1 :]


def insert(body: bytes, fate: Random) -> bytes:
    at = fate.randrange(len(body) + 1)
    return (
        body[:at]
        + fate.choice((b",", b"}", b"]", b'"', b"\\", b"\\ud83d", b"\x00", b"NaN", b"//", b"&a=b"))
        + body[at:]
    )


def recode(body: bytes, fate: Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(fate.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32", "cp1251")), "replace")


def untidy(body: bytes, fate: Random) -> bytes:
    """As careless writers have it: trailing commas, and spaces all over."""
    return body.replace(b"}", b",}") if fate.random() < 0.5 else body.replace(b":", b" :\n\t").replace(b"]", b",]")


OF_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (truncate, flip, insert, recode, untidy)


def _place(value: Any, fate: Random) -> Place:
    """Some member, found on the way down: to list them all would cost more than what is tested."""
    nowhere: dict[str, Any] = {"": None}
    container, name = nowhere, ""
    while isinstance(value, dict | list) and value and (container is nowhere or fate.random() < GOES_DEEPER):
        container, name = value, fate.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = container[name]
    return container, name


def _number(text: str) -> object:
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 4000 else float(len(text))
