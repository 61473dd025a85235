"""`changed_since`: where an export ended, sealed, so that the next one goes on there and nobody can make one up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable

import msgspec

from analytics.exports.order import Places, Wanted
from contracts.errors import QueryInvalid

LONGEST_TOKEN = 16_384
"""Enough for a thousand partitions."""

Seal = Callable[[str], int]
"""A digest that only this installation can make."""


class Token(msgspec.Struct, frozen=True, array_like=True):
    """Which question it continues, and from where."""

    question: str
    places: Places


def write_token(wanted: Wanted, until: Places, seal: Seal) -> str:
    """The token of an export of `wanted` that goes up to `until`."""
    text = urlsafe_b64encode(msgspec.json.encode(Token(wanted.digest, until))).decode().rstrip("=")
    return f"{text}.{_sealed(text, seal)}"


def read_token(text: str, wanted: Wanted, until: Places, seal: Seal) -> Places:
    """The places behind which `wanted` goes on.

    Raises `QueryInvalid` for a token that is not of this installation or of another question, and for one of a later
    state of the store than `until`.
    """
    body, _, told = text.partition(".")
    if len(text) > LONGEST_TOKEN or told != _sealed(body, seal):
        raise QueryInvalid("changed_since is no token of this installation; send `token` of a manifest as it came")
    try:
        token = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Token)
    except (msgspec.MsgspecError, NotBase64, UnicodeDecodeError) as exc:
        raise QueryInvalid("changed_since is a token of another version of Tidings; begin without one") from exc
    if token.question != wanted.digest:
        raise QueryInvalid(
            "changed_since belongs to an export of something else: send the same `what`, filters, `from` and `to` with "
            "a key for the same accounts, or begin without it"
        )
    if _is_beyond(token.places, until):
        raise QueryInvalid(
            "changed_since is ahead of the store, which was taken back to an earlier state and is catching up: try "
            "again when GET /v1/freshness shows no lag"
        )
    return token.places


def _is_beyond(places: Places, until: Places) -> bool:
    return any(
        offset > (dict(enumerate(until.get(topic, ()))).get(partition, 0))
        for topic, offsets in places.items()
        for partition, offset in enumerate(offsets)
    )


def _sealed(body: str, seal: Seal) -> str:
    return f"{seal(f'export token {body}'):016x}"
