"""The body of a callback as its entries, from JSON or XML, each with the bytes it was made of."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, tostring  # types and writing only; reading is defusedxml's

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.pieces import Pieces
from providers._kit.reading import MAX_DEPTH, read_json

_EXPECTED = "expected an object with the reports in a list `results`"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one callback holds."""

    entries: list[object]
    original: Callable[[int], bytes]
    """The bytes of the entry at an index."""


def read_envelope(callback: RawCallback) -> Envelope:
    """The entries of `callback`; raises `PayloadInvalid` when it is neither JSON nor XML with `results`."""
    first = callback.body[:64].removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    is_xml = first == b"<" or ("xml" in callback.content_type.lower() and first not in (b"{", b"["))
    return _from_xml(callback.body) if is_xml else _from_json(callback.body)


def holds_results(body: bytes) -> bool:
    """Whether the answer to a look-up has anything for the normaliser; what cannot be read has, for it to say so."""
    try:
        value = read_json(body)
    except PayloadInvalid:
        return True
    return not (isinstance(value, dict) and value.get("results") == [])


def _from_json(body: bytes) -> Envelope:
    value = read_json(body)
    if not isinstance(value, dict):
        raise PayloadInvalid(f"{_EXPECTED}, got {kind_of(value)}")
    if "notificationType" in value and "results" not in value:
        # Clicks come alone and without the list around them.
        return Envelope([value], lambda _: body)
    if "results" not in value:
        raise PayloadInvalid(f"{_EXPECTED}; `results` is missing")
    results = value["results"]
    if not isinstance(results, list):
        raise PayloadInvalid(f"{_EXPECTED}; `results` is {kind_of(results)}")
    pieces = Pieces(body)
    return Envelope(results, lambda index: pieces.at("results", index, value=results[index]))


def kind_of(value: object) -> str:
    """What `value` is, for people."""
    names = {type(None): "null", bool: "a boolean", dict: "an object", list: "a list", str: "text"}
    return names.get(type(value), "a number")


def _from_xml(body: bytes) -> Envelope:
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as exc:
        raise PayloadInvalid(f"not XML: {exc}") from exc
    except DefusedXmlException as exc:
        raise PayloadInvalid("XML with a document type or entities is not read") from exc
    except (ValueError, LookupError) as exc:  # an encoding that does not exist, or that the bytes are not in
        raise PayloadInvalid(f"not XML: {exc}") from exc
    results = next((child for child in root if _tag(child) == "results"), None)
    if results is None:
        raise PayloadInvalid(f"{_EXPECTED}; the XML has no element `results` below its root")
    elements = list(results)
    return Envelope(
        [_value(element, MAX_DEPTH) for element in elements], lambda index: tostring(elements[index], encoding="utf-8")
    )


def _value(element: Element, depth: int) -> object:
    """An element as JSON would have it: children by name, repeated ones as a list, text as text, emptiness as null."""
    if depth == 0:
        raise PayloadInvalid(f"not readable: nested deeper than {MAX_DEPTH}")
    if not len(element):
        return element.text or None
    members: dict[str, list[object]] = {}
    for child in element:
        members.setdefault(_tag(child), []).append(_value(child, depth - 1))
    return {name: values[0] if len(values) == 1 else values for name, values in members.items()}


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
