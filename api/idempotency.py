"""The header by which a request that is repeated is about the same thing."""

from typing import Any

from fastapi import Header


def idempotency_key(meaning: str, *, example: str) -> Any:  # noqa: ANN401  # as FastAPI's own Header
    """`Idempotency-Key`, with what a repeat under the same key means."""
    return Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description=f"A repeat of the request under the same key is about {meaning}.",
        examples=[example],
    )
