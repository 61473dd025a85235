"""What may be shown of a person: masked in logs, keyed hashes in analytics and exports."""

import re
from hashlib import blake2b

_LONG_NUMBER = re.compile(r"[0-9]{6,}")


def masked(recipient: str | None) -> str:
    """The number with all but its country and last two digits hidden, for logs: `+44*******23`."""
    if not recipient:
        return ""
    return recipient[:3] + "*" * max(0, len(recipient) - 5) + recipient[-2:] if len(recipient) > 5 else "*****"


def without_numbers(text: str) -> str:
    """The words of others, who may quote a number in them: what could be one is left out."""
    return _LONG_NUMBER.sub("…", text)


def recipient_hash(secret: bytes, recipient: str) -> str:
    """A keyed 64-bit pseudonym: the same person has the same one within one installation, and none can be turned back.

    `secret` is at most 64 bytes.
    """
    return blake2b(recipient.encode(), digest_size=8, key=secret).hexdigest()
