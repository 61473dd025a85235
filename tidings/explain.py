"""`tidings explain`: what would be made of a callback, and why, without anything running."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from contracts.errors import ConfigurationInvalid
from providers import load_providers
from providers._kit.explain import explain, explain_body
from providers._kit.provider import Provider
from runtime.exits import Exit

Json = dict[str, Any]


def explain_files(files: Sequence[Path], *, provider: str, hint: str, is_words: bool) -> Exit:
    """Print what each file is taken for. Raises `ConfigurationInvalid` for a file that cannot be judged at all."""
    told = [explain_file(file, provider=provider, hint=hint) for file in files]
    if is_words:
        typer.echo("\n\n".join(in_words(one) for one in told))
        return Exit.DONE
    if provider:
        typer.echo("\n\n".join(in_words(one) for one in told), err=True)
    typer.echo(json.dumps(told[0] if len(told) == 1 else told, ensure_ascii=False, indent=2))
    return Exit.DONE


def explain_file(file: Path, *, provider: str, hint: str) -> Json:
    """One file: a bare body when a provider is named, else a callback in the samples' format."""
    try:
        body = file.read_bytes()
    except OSError as exc:
        raise ConfigurationInvalid(f"{file} cannot be read: {exc.strerror}") from exc
    if provider:
        return {"file": str(file), **explain_body(_provider(provider), body, hint)}
    sample = _sample(file, body)
    try:
        return {"file": str(file), **explain(_provider(sample["provider"]), sample)}
    except (KeyError, TypeError, AttributeError) as exc:
        raise ConfigurationInvalid(
            f"{file} is not a whole sample: {exc!r}; compare it with providers/*/samples"
        ) from exc


def in_words(told: Json) -> str:
    """What was understood, as one would say it."""
    return "\n".join(_sentences(told))


def _sentences(told: Json) -> Iterator[str]:
    if not told["accept"]:
        yield f"{told['file']}: refused. {told['refused']}"
        return
    facts, dead_letters = told["facts"], told["dead_letters"]
    verified = "" if told.get("verified") else ", if it is authentic"
    yield f"{told['file']}: taken{verified}; {_counted(facts, 'fact')}, {_counted(dead_letters, 'dead letter')}."
    for fact in facts:
        yield f"  {_fact(fact)}"
        yield from (f"    because {reason}" for reason in fact["why"])
    for letter in dead_letters:
        yield f"  Put aside as {letter['kind']}: {letter['reason']}"


def _fact(fact: Json) -> str:
    when = f" at {fact['occurred_at']}" if fact.get("occurred_at") else ", and no time is given"
    message = f"message {fact['message_id']}" if fact.get("message_id") else "a message without an id"
    channel = f" on {fact['channel']}" if fact.get("channel") else ""
    match fact["fact"]:
        case "status":
            whole = "the whole send, " if fact["scope"] == "transaction" else ""
            return f"{whole}{message}{channel} is {fact['status']} (code {fact['provider_code']}){when}"
        case "inbound":
            return f"somebody sent us {fact['inbound_kind']}{channel}, {message}{when}"
        case kind:
            return f"{fact.get('event', kind)}, about {message}{channel}{when}"


def _counted(things: Sequence[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _provider(slug: str) -> Provider[Any]:
    providers = load_providers()
    if slug not in providers:
        raise ConfigurationInvalid(f"there is no provider {slug}; known: {', '.join(providers) or 'none'}")
    return providers[slug]


def _sample(file: Path, body: bytes) -> Json:
    try:
        sample = json.loads(body)
    except ValueError as exc:
        raise ConfigurationInvalid(
            f"{file} is not JSON ({exc}); for a bare body name its provider with --provider"
        ) from exc
    if not isinstance(sample, dict) or not {"provider", "http"} <= set(sample):
        raise ConfigurationInvalid(
            f"{file} is not a sample (an object with provider, http, body); for a bare body name its provider with "
            "--provider"
        )
    return sample
