"""What the edges beside ours check: the header ends in the base64 HMAC-SHA256 of the body."""

import base64
import hmac


def is_signed(header: str | None, key: bytes, body: bytes) -> bool:
    signature = base64.b64encode(hmac.digest(key, body, "sha256")).decode()
    return hmac.compare_digest((header or "").rpartition(":")[2], signature)
