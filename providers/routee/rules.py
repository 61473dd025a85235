"""The rules of Routee's interfaces, each with the word for it that a refusal has."""

import re
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import PurePosixPath

from contracts.errors import RequestInvalid

LONGEST_TEXT = 1000
LONGEST_CAPTION = 30
LONGEST_URL = 1000
LONGEST_FILE_NAME = 25
LONGEST_LABEL = 350
LARGEST_FILE = 600_000
LARGEST_VIDEO = 200_000_000
LONGEST_VIDEO_S = 600
VIBER_TTL_S = range(30, 86_400 + 1)
STEP_TTL_S = range(30, 86_400 + 1)
"""Of a step of a failover: 0.5 to 1440 minutes."""
MEGABYTE = 1_000_000

_RECIPIENT = re.compile(r"\+[1-9][0-9]{6,14}")
_SEND_ID = re.compile(r"[A-Za-z0-9-]{1,100}")


def recipient_of(recipient: str) -> str:
    if not _RECIPIENT.fullmatch(recipient):
        raise RequestInvalid("recipient: a telephone number in E.164 with its plus")
    return recipient


def send_id_of(send_id: str) -> str:
    if not _SEND_ID.fullmatch(send_id):
        raise RequestInvalid("send_id: 1 to 100 letters, digits and hyphens, because it stands in the callback URL")
    return send_id


def text_of(text: str | None, member: str, *, limit: int) -> str:
    if not text or not text.strip():
        raise RequestInvalid(f"{member}: must not be empty")
    if len(text) > limit:
        raise RequestInvalid(f"{member}: at most {limit} characters, and it has {len(text)}")
    return text


def secure_url(url: str | None, member: str) -> str:
    text = text_of(url, member, limit=LONGEST_URL)
    if not text.startswith("https://"):
        raise RequestInvalid(f"{member}: only addresses that begin with https:// are taken")
    return text


def file_name_of(name: str | None, url: str) -> tuple[str, str]:
    """The name and its ending, which says the type; without a name the address's last part."""
    found = text_of(name or PurePosixPath(url.partition("?")[0]).name, "content.name", limit=LONGEST_FILE_NAME)
    stem, _, ending = found.rpartition(".")
    if not stem or not ending:
        raise RequestInvalid("content.name: must end in the file's type, such as offer.pdf")
    return found, ending.lower()


def size_within(size_bytes: int | None, limit: int) -> int | None:
    if size_bytes is not None and not 0 < size_bytes <= limit:
        raise RequestInvalid(f"content.size_bytes: at most {limit}, and it is {size_bytes}")
    return size_bytes


def ttl_s(validity_s: int, allowed: range) -> int:
    if validity_s not in allowed:
        raise RequestInvalid(f"validity_s: {allowed[0]} to {allowed[-1]} seconds here, and it is {validity_s}")
    return validity_s


def whole_minutes(validity_s: int) -> int:
    """Rounded down: it must not be delivered later than asked."""
    if validity_s < 60:
        raise RequestInvalid(f"validity_s: an SMS lives whole minutes, at least 60 seconds, and it is {validity_s}")
    return validity_s // 60


def tenths_of_minutes(validity_s: int) -> float:
    """Of a Viber step in a failover, rounded down likewise."""
    return float((Decimal(validity_s) / 60).quantize(Decimal("0.1"), ROUND_DOWN))


def in_utc(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise RequestInvalid("scheduled_at: needs a time zone")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
