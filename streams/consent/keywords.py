"""The words by which people leave and come back, in many languages: `keywords.csv` beside this module.

The whole text must be one of them, whatever its case, accents and punctuation. A word inside a sentence decides
nothing: `don't stop`, `stop by on Monday` and `YES` are answers to a person, and a person has to read them.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from contracts.errors import ConfigurationInvalid
from contracts.vocabulary import WishKind

LONGEST_TEXT = 80
"""No keyword is near as long, and nothing longer need be looked at."""

IGNORED = frozenset("MPSC")
"""Initials of Unicode's categories: accents and other marks, punctuation, symbols, what is not seen."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Keyword:
    """One row."""

    keyword: str
    kind: WishKind
    is_for_all_senders: bool
    language: str
    """ISO 639 codes, the commonest first."""


Keywords = Mapping[str, Keyword]
"""By normalised text."""


def normalised(text: str) -> str:
    """What is compared: compatible forms are one (NFKC), and case, accents, punctuation and blanks around are gone."""
    # Blanks first: line ends are control characters, which would be taken out from between two words.
    plain = unicodedata.normalize("NFKC", _BLANKS.sub(" ", text)).casefold()
    letters = unicodedata.normalize("NFKD", plain)
    kept = "".join(letter for letter in letters if unicodedata.category(letter)[0] not in IGNORED)
    return _BLANKS.sub(" ", kept).strip()


def find_keyword(keywords: Keywords, text: str | None) -> Keyword | None:
    """The keyword that `text` is, as a whole."""
    if not text or len(text) > LONGEST_TEXT:
        return None
    return keywords.get(normalised(text))


def load_keywords() -> Keywords:
    """The list; raises `ConfigurationInvalid` naming the wrong line."""
    found: dict[str, Keyword] = {}
    lines = files(__package__).joinpath("keywords.csv").read_text(encoding="utf-8").splitlines()
    for number, row in enumerate(csv.DictReader(lines), start=2):
        name = normalised(row["keyword"])
        if not name or name in found or not row["language"] or not row["source"]:
            raise ConfigurationInvalid(f"keywords.csv line {number}: a keyword once, with its language and its source")
        try:
            kind, is_for_all = WishKind(row["kind"]), {"sender": False, "account": True}[row["scope"]]
        except (KeyError, ValueError) as exc:
            raise ConfigurationInvalid(f"keywords.csv line {number}: {exc} is no kind or scope") from exc
        found[name] = Keyword(row["keyword"], kind, is_for_all, row["language"])
    return MappingProxyType(found)
