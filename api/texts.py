"""Texts that callers give: short, and without control characters, as they end up in logs, tables and spreadsheets."""

from typing import Annotated

from pydantic import Field

from runtime.settings import SLUG

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Slug = Annotated[str, Field(pattern=SLUG)]
