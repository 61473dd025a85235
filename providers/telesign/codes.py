"""What Telesign's numbers mean: `codes.csv`, ready for the hot path."""

from providers._kit.codes import Code, load_codes

CODES = load_codes(__package__)

# Three digits belong to SMS and four to Messaging, so that a code tells its scale and needs no second key.
BY_CODE: dict[str, Code] = {row.code: row for row in CODES.rows}

INBOUND = "1500"
"""An inbound message was delivered to us. Its description says "Delivered", and it is no delivery report."""


def is_of_sms(code: str) -> bool:
    """Whether `code` is from the SMS scale, for reports that name no channel; 201 is Messaging's word for read."""
    row = BY_CODE.get(code)
    return row.scale == "sms" if row else len(code) == 3 and code[0] in "25"
