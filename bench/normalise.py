"""What the engine adds to the work of normalising: callbacks as Telesign and Infobip send them, one event each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from bench.figures import Figure
from bench.stages import Measured, Row, measure_stage
from contracts.envelope import with_id
from contracts.raw import origin_headers, request_headers
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers import infobip, telesign
from providers._kit.script import Script, Step
from providers.infobip.settings import InfobipSettings
from providers.telesign.settings import TelesignSettings

COUNT = 60_000
MESSAGES = 2_000
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
PATH = (DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.SEEN)
TELESIGN = TelesignSettings(customer_id="C", api_keys=["a2V5"])
INFOBIP = InfobipSettings(username="user", passwords=["password"])


def measure() -> list[Figure]:
    return measure_stage(Measured("normalise", lambda: {"callbacks": callbacks(COUNT)}))


def callbacks(count: int) -> Iterator[Row]:
    """As many as asked for, as ingest writes them; lives repeat after a while, which normalise does not notice."""
    return islice(cycle([row for number in range(MESSAGES) for row in _life(number)]), count)


def _life(number: int) -> Iterator[Row]:
    script = Script(
        number=number,
        seed=7,
        recipient=f"+447700900{number % 1000:03d}",
        sender="ExampleShop",
        sent_at=START + timedelta(seconds=number),
        steps=tuple(
            Step(status, START + timedelta(seconds=number + 2 * step), Channel.VIBER)
            for step, status in enumerate(PATH)
        ),
    )
    provider = infobip.PROVIDER if number % 2 else telesign.PROVIDER
    simulated = (
        infobip.PROVIDER.simulate(script, INFOBIP) if number % 2 else telesign.PROVIDER.simulate(script, TELESIGN)
    )
    head = origin_headers(provider.slug, "main")
    for one in simulated:
        callback = RawCallback(
            provider=provider.slug,
            connection="main",
            method=one.method,
            received_at=one.at,
            body=one.body,
            hint=one.hint,
            content_type=one.headers.get("content-type", ""),
        )
        yield None, one.body, with_id([*head, *request_headers(callback)], b"01a1ff3d-381e-71ab-8bce-e735e65abaf0")
