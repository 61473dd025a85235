"""The one grammar of filters, for questions, the feed and exports.

`GR,CY` is any of these, `!unknown` none of these, `spring*` whatever begins so. Members stand for themselves, so
`spring*,!spring-test` are those of spring but one. A backslash takes the meaning from the character behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.errors import QueryInvalid

MEMBERS_LIMIT = 100
MEMBER_LIMIT = 200
ESCAPE = "\\"


@dataclass(frozen=True)
class Pattern:
    """A value, or the beginning of values."""

    text: str
    is_prefix: bool = False

    def matches(self, value: str) -> bool:
        return value.startswith(self.text) if self.is_prefix else value == self.text


@dataclass(frozen=True)
class Filter:
    """What a value must be like. An empty `any_of` lets everything in that `none_of` does not keep out."""

    any_of: tuple[Pattern, ...] = ()
    none_of: tuple[Pattern, ...] = ()

    def matches(self, value: str | None) -> bool:
        """Whether `value` is wanted; what has no value is neither any nor one of anything."""
        if value is None:
            return not self.any_of
        is_wanted = not self.any_of or any(pattern.matches(value) for pattern in self.any_of)
        return is_wanted and not any(pattern.matches(value) for pattern in self.none_of)


def parse_filter(texts: Sequence[str]) -> Filter:
    """The filter that these say together, as a parameter that is repeated does.

    Raises `QueryInvalid` for a member that is empty, too long, ends in a backslash or has a `*` before its end, and for
    too many members.
    """
    members = [member for text in texts for member in _members(text)]
    if len(members) > MEMBERS_LIMIT:
        raise QueryInvalid(f"a filter may have {MEMBERS_LIMIT} members, this has {len(members)}; ask in parts")
    return Filter(
        tuple(_pattern(member) for member in members if member[:1] != ["!"]),
        tuple(_pattern(member[1:]) for member in members if member[:1] == ["!"]),
    )


def _members(text: str) -> Iterator[list[str]]:
    """The members of `text`, each as its characters; one that was escaped stands behind its backslash."""
    member: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == ",":
            yield member
            member = []
        else:
            member.append(character + next(characters, "") if character == ESCAPE else character)
    yield member


def _pattern(member: list[str]) -> Pattern:
    is_prefix = member[-1:] == ["*"]
    body = member[:-1] if is_prefix else member
    if ESCAPE in body:
        raise QueryInvalid("a filter member ends in a backslash; write two for one")
    if "*" in body:
        raise QueryInvalid("a filter member may have a * at its end only; write \\* for the character")
    text = "".join(character[-1] for character in body)
    if not text:
        raise QueryInvalid("a filter has an empty member; leave it out, or the comma that makes it")
    if len(text) > MEMBER_LIMIT:
        raise QueryInvalid(f"a filter member may have {MEMBER_LIMIT} characters, this has {len(text)}")
    return Pattern(text, is_prefix)
