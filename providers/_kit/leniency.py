"""Slips of JSON writers that do not change what is meant. Every byte keeps its place, so errors can name it."""

import re

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Strings are matched whole (also one that never ends), so that a comma inside a text is never touched and the scan
# stays linear whatever is sent.
_STRING_OR_TRAILING_COMMA = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|,(?=[ \t\r\n]*[\]}])', re.DOTALL)
_SURROGATES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # half of one
    rb"|\\.",  # any other escape, so that an escaped backslash is not taken for the start of one
    re.DOTALL,
)


def mended(body: bytes) -> bytes:
    """`body` without its byte-order mark and trailing commas, and with U+FFFD for halves of a surrogate pair."""
    if body.startswith(_BYTE_ORDER_MARK):
        body = b"   " + body[3:]
    return _STRING_OR_TRAILING_COMMA.sub(_mend, body)


def _mend(found: re.Match[bytes]) -> bytes:
    token = found[0]
    if token == b",":
        return b" "
    return _SURROGATES.sub(_whole, token) if b"\\u" in token else token


def _whole(found: re.Match[bytes]) -> bytes:
    token = found[0]
    return b"\\ufffd" if len(token) == len(b"\\ud800") else token
