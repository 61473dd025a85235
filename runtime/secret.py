"""A secret in the settings: written as `env:NAME` or `file:PATH`, read from there, shown nowhere."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr


def _resolved(value: object) -> object:
    """The secret behind `env:NAME` or `file:PATH`; other text is taken as it stands."""
    if not isinstance(value, str):
        return value
    kind, _, place = value.partition(":")
    if kind == "env":
        if place not in os.environ:
            raise ValueError(f"the environment has no {place}; export it or change the setting")
        return os.environ[place]
    if kind == "file":
        try:
            return Path(place).expanduser().read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise ValueError(f"the secret's file {place} cannot be read: {exc.strerror}") from exc
    return value


def _not_empty(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("a secret must not be empty")
    return secret


Secret = Annotated[SecretStr, BeforeValidator(_resolved), AfterValidator(_not_empty)]
