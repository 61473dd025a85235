"""The suite that every provider passes untouched. It finds the folders itself; nothing here names one."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import ConfigurationInvalid, PayloadInvalid, SignatureInvalid
from contracts.status import DeliveryStatus, evidence, join, status_of, status_of_cascade
from contracts.vocabulary import Channel, Scope
from providers import load_providers
from providers._kit.conformance import (
    bodies_with_junk,
    callback_of,
    disagreements,
    missing_files,
    missing_samples,
    names_of,
    raw_callback,
    real_numbers,
    samples_of,
    unfit_items,
)
from providers._kit.explain import body_of, explain, explain_body
from providers._kit.facts import StatusFact
from providers._kit.provider import CallbackRequest, Provider
from providers._kit.script import Script, Step
from providers._kit.settings import ConnectionSettings
from providers._kit.unsigned import UnsignedSettings

PROVIDERS = list(load_providers().values())
SAMPLES = [(provider, sample) for provider in PROVIDERS for sample in samples_of(provider.slug)]
START = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)

S = DeliveryStatus
LIVES = {
    "delivered": (S.ACCEPTED, S.SENT, S.DELIVERED),
    "seen": (S.ACCEPTED, S.SENT, S.DELIVERED, S.SEEN),
    "undelivered": (S.ACCEPTED, S.SENT, S.UNDELIVERED),
    "expired": (S.ACCEPTED, S.SENT, S.EXPIRED),
    "rejected": (S.ACCEPTED, S.REJECTED),
    "never heard of again": (S.ACCEPTED, S.SENT),
    "delivered after all": (S.ACCEPTED, S.SENT, S.EXPIRED, S.DELIVERED),
}

every_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
every_sample = pytest.mark.parametrize(
    ("provider", "sample"), SAMPLES, ids=[f"{provider.slug}-{sample.name}" for provider, sample in SAMPLES]
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def settings_of(provider: Provider):
    auth = next(sample.content["auth"] for sample in samples_of(provider.slug) if sample.content.get("auth"))
    return provider.settings_from_sample(auth)


def items_or_none(provider: Provider, callback):
    """The items, or None for a body that is refused whole; anything else that is raised fails the test."""
    try:
        return list(provider.normalise(callback))
    except PayloadInvalid:
        return None


# The folder


@every_provider
def test_the_folder_is_whole(provider):
    assert missing_files(provider.slug) == []


@every_provider
def test_every_kind_of_callback_is_shown(provider):
    assert missing_samples(provider.slug) == []


@every_provider
def test_every_code_says_where_it_is_from(provider):
    assert [row for row in provider.codes.rows if not row.source or not row.meaning] == []


@every_provider
def test_no_code_asks_for_a_fallback_beside_a_good_status(provider):
    wrong = [row for row in provider.codes.rows if row.may_fall_back and row.status and not row.status.is_bad_end]

    assert wrong == []


@every_sample
def test_numbers_in_samples_are_fictional(provider, sample):
    assert real_numbers(sample) == []


@every_sample
def test_a_sample_says_where_it_is_from(provider, sample):
    assert sample.content["source"]
    assert sample.content["provider"] == provider.slug


@every_provider
def test_the_words_name_every_setting_and_the_limits(provider):
    words = files(f"providers.{provider.slug}").joinpath("README.md").read_text(encoding="utf-8")
    kits = {*ConnectionSettings.model_fields, *UnsignedSettings.model_fields} - {"tokens"}
    own = set(provider.settings.model_fields) - kits

    assert [name for name in sorted(own) if name not in words] == []
    assert "limit" in words.lower()


# What the samples say


@every_sample
def test_a_sample_amounts_to_what_it_expects(provider, sample):
    assert disagreements(provider, sample) == []


@every_sample
def test_normalising_twice_gives_the_same(provider, sample):
    callback = callback_of(provider, sample)

    assert items_or_none(provider, callback) == items_or_none(provider, callback)


@every_sample
def test_every_fact_says_why(provider, sample):
    assert [fact for fact in explain(provider, sample.content)["facts"] if not fact["why"]] == []


@every_sample
def test_only_a_bad_end_asks_for_a_fallback(provider, sample):
    asking = [fact for fact in items_or_none(provider, callback_of(provider, sample)) or () if may_fall_back(fact)]

    assert [fact for fact in asking if not fact.status.is_bad_end] == []


def may_fall_back(item) -> bool:
    return isinstance(item, StatusFact) and item.may_fall_back


@every_sample
def test_nothing_is_lost_in_silence(provider, sample):
    body = body_of(sample.content)
    content_type = callback_of(provider, sample).content_type

    explained = explain_body(provider, body, callback_of(provider, sample).hint, content_type)

    assert explained["facts"] or explained["dead_letters"]


@every_sample
def test_junk_among_the_items_costs_none_of_the_others(provider, sample):
    body = sample.content["body"]
    whole = items_or_none(provider, callback_of(provider, sample))
    if whole is None or not isinstance(body, dict):
        pytest.skip("not a body with lists")

    for spoilt in bodies_with_junk(body):
        items = items_or_none(provider, callback_of(provider, sample, body=json.dumps(spoilt).encode()))

        assert items is not None
        assert [name for name in names_of(whole) if name not in names_of(items)] == []


# Who is let in


@every_provider
def test_without_its_headers_nobody_is_let_in(provider):
    verify = provider.make_verifier(settings_of(provider))

    with pytest.raises(SignatureInvalid):
        verify(CallbackRequest(method="POST", url="/", headers={}, body=b"{}"))


@every_provider
@pytest.mark.parametrize("number", range(5))
def test_a_callback_is_let_in_however_often_and_nobody_else_with_it(provider, number):
    """A replay is what was said once more; a copy with another signature, or another token, is nobody's."""
    own = settings_of(provider)
    verify = provider.make_verifier(own)
    for simulated in provider.simulate(script_of(number, LIVES["delivered"]), own):
        request = request_of(provider, simulated, own)
        verify(request)
        verify(request)
        spoilt = {name: value[::-1] if name != "content-type" else value for name, value in request.headers.items()}

        with pytest.raises(SignatureInvalid):
            verify(msgspec.structs.replace(request, headers=spoilt, url=request.url[::-1]))


def request_of(provider: Provider, simulated, own) -> CallbackRequest:
    headers = {name.lower(): value for name, value in simulated.headers.items()}
    token = [own.tokens[0].get_secret_value()] if isinstance(own, UnsignedSettings) else []
    url = "/".join(["", "callbacks", provider.slug, "main", *token, simulated.hint])
    return CallbackRequest(method=simulated.method, url=url, headers=headers, body=simulated.body)


@every_provider
def test_a_refused_sample_is_refused_for_its_signature(provider):
    refused = [sample for sample in samples_of(provider.slug) if not sample.expect["accept"]]

    assert [explain(provider, sample.content).get("verified") for sample in refused] == [False] * len(refused)


@every_provider
def test_a_connection_without_credentials_is_refused(provider):
    with pytest.raises((ValidationError, ConfigurationInvalid)):
        provider.settings.model_validate({})


@every_provider
def test_secrets_do_not_show(provider):
    auth = next(sample.content["auth"] for sample in samples_of(provider.slug) if sample.content.get("auth"))
    secrets = [auth[name] for name in ("api_key", "password", "secret", "token") if name in auth]

    assert secrets
    assert [secret for secret in secrets if secret in repr(settings_of(provider))] == []


# Whatever is sent


@every_provider
@given(body=st.binary(max_size=300))
@settings(deadline=None, max_examples=100)
def test_random_bytes_are_read_or_put_aside(provider, body):
    items_or_none(provider, raw_callback(provider, body))


@every_provider
@given(value=json_values)
@settings(deadline=None, max_examples=100)
def test_random_json_is_read_or_put_aside(provider, value):
    items = items_or_none(provider, raw_callback(provider, json.dumps(value).encode()))

    assert unfit_items(items or []) == []


@every_provider
@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_a_sample_with_one_odd_member_is_read_or_put_aside(provider, data):
    samples = [sample for sample in samples_of(provider.slug) if isinstance(sample.content["body"], dict)]
    sample = data.draw(st.sampled_from(samples))
    body = json.loads(json.dumps(sample.content["body"]))
    place, name = data.draw(st.sampled_from(list(members_of(body))))
    place[name] = data.draw(json_values)

    items = items_or_none(provider, callback_of(provider, sample, body=json.dumps(body).encode()))

    assert unfit_items(items or []) == []
    msgspec.json.encode(items)


def members_of(value):
    """Every (container, name) in a JSON value."""
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from members_of(value[name])


# The simulator


def script_of(number: int, path: tuple[DeliveryStatus, ...], channel: Channel = Channel.VIBER) -> Script:
    steps = tuple(Step(status, START + timedelta(seconds=2.5 * place), channel) for place, status in enumerate(path))
    return Script(number, 7, "+447700900123", "ExampleShop", START, steps)


@every_provider
@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("number", range(5))
def test_simulated_callbacks_are_what_they_promise(provider, life, channel, number):
    own = settings_of(provider)
    verify = provider.make_verifier(own)
    told = told_or_skip(provider, own, LIVES[life], channel)
    callbacks = provider.simulate(script_of(number, LIVES[life], channel), own)

    facts = []
    for simulated in callbacks:
        request = request_of(provider, simulated, own)
        verify(request)
        items = provider.normalise(
            raw_callback(
                provider,
                simulated.body,
                method=simulated.method,
                hint=simulated.hint,
                content_type=request.headers.get("content-type", ""),
            )
        )
        assert len(items) == simulated.expected_items
        assert simulated.method in provider.methods
        assert {fact.root_id or fact.message_id for fact in items} == {simulated.root_id}
        facts += items

    assert all(isinstance(fact, StatusFact) for fact in facts)
    assert standing(facts) is status_of(evidence(*told))


@every_provider
@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
@pytest.mark.parametrize("status", [status for status in DeliveryStatus if status is not S.UNKNOWN])
def test_a_step_is_told_as_what_it_is(provider, status, channel):
    """As itself, or as the nearest that the provider has a word for; what is not an end may go untold."""
    said = told_or_skip(provider, settings_of(provider), (status,), channel)

    assert said in ([], [status]) or said[0].is_bad_end == status.is_bad_end
    assert said == [status] or not status.is_final or status.is_bad_end or channel is Channel.SMS
    assert said or not status.is_bad_end


@every_provider
@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
def test_every_provider_can_deliver(provider, channel):
    assert told_as(provider, settings_of(provider), S.DELIVERED, channel=channel) is S.DELIVERED


def told_or_skip(provider: Provider, own, path, channel: Channel) -> list[DeliveryStatus]:
    """What the provider says of the steps, one by one; the test is skipped when it has no word for one."""
    try:
        told = [told_as(provider, own, status, channel=channel) for status in path]
    except ConfigurationInvalid:
        pytest.skip("the provider has no word for it")
    return [said for said in told if said]


def told_as(provider: Provider, own, status: DeliveryStatus, *, channel: Channel) -> DeliveryStatus | None:
    """What the provider says of one step; null when it passes over it in silence."""
    callbacks = provider.simulate(script_of(0, (status,), channel), own)
    return standing([fact for one in callbacks for fact in facts_of(provider, one)]) if callbacks else None


def facts_of(provider: Provider, simulated):
    headers = {name.lower(): value for name, value in simulated.headers.items()}
    content_type = headers.get("content-type", "")
    return provider.normalise(
        raw_callback(provider, simulated.body, method=simulated.method, hint=simulated.hint, content_type=content_type)
    )


def standing(facts: list[StatusFact]) -> DeliveryStatus:
    """Where the attempt stands after `facts`, by the rule of the contracts."""
    whole, legs = evidence(), {}
    for fact in facts:
        if fact.scope is Scope.TRANSACTION:
            whole = join(whole, evidence(fact.status))
        else:
            legs[fact.message_id] = join(legs.get(fact.message_id, evidence()), evidence(fact.status))
    return status_of_cascade(whole, legs.values())


@every_provider
def test_the_same_script_gives_the_same_callbacks(provider):
    own, script = settings_of(provider), script_of(3, LIVES["seen"])

    assert provider.simulate(script, own) == provider.simulate(script, own)


@every_provider
def test_messages_do_not_share_an_id(provider):
    own = settings_of(provider)

    roots = {provider.simulate(script_of(number, LIVES["delivered"]), own)[0].root_id for number in range(50)}

    assert len(roots) == 50
