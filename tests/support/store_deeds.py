"""What may happen on the line, up to chance: what is told, and in which portions it comes to the store."""

import random
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from analytics.sink.intake import Fetched
from analytics.store.migrations import load_steps
from contracts.plans import SendOutcome, send_id_of
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Scope
from tests.support.plans import message, outcome
from tests.support.store_line import MESSAGE, Line, at

TABLES = (
    *("callback", "report", "registration", "inbound", "signal", "dead_letter", "unreadable", "unclaimed"),
    *("begun", "skipped", "command", "outcome", "decision"),
    *(
        "hour_delta",
        "latency_delta",
        "price_delta",
        "hour_revision",
        "offsets",
        "marks",
        "settled_place",
        "settled_count",
        "trust_delta",
        "route_fact",
        "day_count",
        "day_latency",
        "day_price",
        "day_trust",
        "followed",
        "answered",
        "later_step",
        "later_root",
        "folded",
    ),
    *(
        "sealed_batch",
        "settled_batch",
        "callback_span",
        "parked",
        "heard_send",
        "open_send",
        "send_count",
        "attempt_name",
    ),
)
"""Of the store, as far as these deeds fill them."""
READ = ("callbacks", "updates", "commands", "outcomes", "decisions", "inbound")
"""Topics, as far likewise."""
OF_BEFORE = (
    "UPDATE report SET first_tick = NULL, unit = NULL",
    "UPDATE registration SET first_tick = NULL",
    load_steps()[30][1],
)
"""What an older version stored did not say by what it is found, until it is told so."""

statuses = st.sampled_from([str(status) for status in DeliveryStatus])
prices = st.sampled_from(
    [
        {"price": Decimal(price), "currency": currency}
        for price, currency in (("0", "EUR"), ("0.01", "EUR"), ("0.02", "USD"), ("0.03", "EUR"), ("0.04", None))
    ]
)
reports = st.fixed_dictionaries(
    {
        "said": statuses,
        "of": st.sampled_from(["a", "b"]),
        "leg": st.sampled_from([None, None, "x", "y"]),
        "connection": st.sampled_from(["main", "observed"]),
        "scope": st.sampled_from([Scope.CHANNEL, Scope.CHANNEL, Scope.TRANSACTION]),
        "channel": st.sampled_from([None, Channel.SMS, Channel.VIBER]),
        "country": st.sampled_from([None, "GB", "US"]),
        "campaign": st.sampled_from([None, "autumn", "spring"]),
        "reason": st.sampled_from([None, Reason.NO_ROUTE, Reason.OPTED_OUT]),
        "at_s": st.integers(0, 9_000),
    },
    optional={"part": st.sampled_from(["1", "2"]), "parts_count": st.sampled_from([1, 2]), "priced": prices},
)
registrations = st.fixed_dictionaries(
    {"of": st.sampled_from(["a", "b"]), "at_s": st.integers(0, 9_000)},
    optional={"campaign": st.just("winter"), "country": st.just("DE"), "channel": st.just(Channel.RCS)},
)
sends = st.fixed_dictionaries(
    {
        "told": st.sampled_from(["accepted", "accepted", "refused"]),
        "number": st.sampled_from([sum(b"a"), sum(b"b")]),
        "root_id": st.sampled_from(["a", "b", None]),
        "place": st.sampled_from([0, 1]),
        "at_s": st.integers(0, 9_000),
    },
    optional={"priced": prices},
)
deeds = st.lists(st.one_of(reports, reports, reports, registrations, sends, st.just("again")), min_size=1, max_size=14)

moments = st.integers(0, 9_000)
names = st.sampled_from(["a", "b", "x", "order-1", "order-2", MESSAGE.format(1)])
people = st.sampled_from(["+447700900105", "+447700900106"])
senders = st.sampled_from(["ExampleShop", "exampleshop", "ExampleBank"])
told_people = st.fixed_dictionaries(
    {
        "said": statuses,
        "of": st.sampled_from(["a", "b", "c"]),
        "leg": st.sampled_from([None, None, "x"]),
        "at_s": moments,
        "recipient": people,
    },
    optional={
        "channel": st.sampled_from([Channel.SMS, Channel.VIBER]),
        "campaign": st.sampled_from(["autumn", "spring"]),
        "sender": senders,
        "sent_at": moments.map(at),
        "external_id": st.sampled_from(["order-1", "order-2"]),
    },
)
claims = st.fixed_dictionaries(
    {
        "of": st.sampled_from(["a", "b", "c"]),
        "at_s": moments,
        "message_id": st.sampled_from([MESSAGE.format(1), MESSAGE.format(1), MESSAGE.format(2)]),
    },
    optional={"recipient": people, "sender": senders, "country": st.just("DE"), "external_id": st.just("order-2")},
)
replies = st.fixed_dictionaries(
    {"wrote": st.just("text"), "at_s": moments, "author": people},
    optional={
        "reply_to": names,
        "addressee": senders,
        "occurred_at": moments.map(at),
        "extras": st.dictionaries(st.sampled_from(["reply_id", "tracking", "external_id"]), names, max_size=2),
    },
)
talks = st.lists(
    st.one_of(told_people, told_people, told_people, claims, replies, replies, st.just("again")),
    min_size=3,
    max_size=16,
)
"""Messages that are tried several times, and people who answer; what is told may come long after it happened."""


def tell_of_attempt(line: Line, deed: dict[str, Any]) -> None:
    """A report or a registration; with `names` it names a send by its id."""
    match deed:
        case {"said": said, **members}:
            line.report(said, **_named(members))
        case {"registered_s": at_s, **members}:
            line.register(at_s=at_s, **_named(members))


def _named(members: dict[str, Any]) -> dict[str, Any]:
    if "names" not in members:
        return members
    send = members.pop("names")
    return members | {"external_id": send_id_of(message(send["number"]), send["place"], send["attempt"])}


def over_days(what: list[Any]) -> list[Any]:
    """The same deeds, in two days instead of in hours."""
    return [deed if deed == "again" else deed | {"at_s": 20 * deed["at_s"]} for deed in what]


def lived(what: list[Any]) -> Line:
    """The line after these deeds; `again` is the last report, delivered twice."""
    line, last = Line(), None
    for number, deed in enumerate(what):
        if deed == "again":
            if last is not None:
                line.report(**last)
        elif "said" in deed:
            last = with_price(deed)
            line.report(**last)
        elif "wrote" in deed:
            line.inbound(f"{number:032x}", **{name: value for name, value in deed.items() if name != "wrote"})
        elif "told" in deed:
            line.say("outcomes", sent(deed))
        else:
            line.register(**deed)
    return line


def with_price(deed: dict[str, Any]) -> dict[str, Any]:
    priced: dict[str, Any] = deed.get("priced", {})
    return {name: value for name, value in deed.items() if name != "priced"} | priced


def sent(deed: dict[str, Any]) -> SendOutcome:
    return outcome(**with_price(deed), provider="infobip")


def portion(line: Line, chance: random.Random) -> list[Fetched]:
    """Some of what is unread, partitions in any order; everything in the end."""
    places = [place for place in line.logs if place[0] in READ]
    left = [place for place in places if line.read[place] < len(line.logs[place])]
    chosen = chance.sample(left, chance.randint(1, len(left))) if left else []
    fetched = []
    for topic, part in chosen:
        begin = line.read[topic, part]
        end = min(len(line.logs[topic, part]), begin + chance.randint(1, 6))
        line.read[topic, part] = end
        fetched.append(Fetched(topic, part, line.logs[topic, part][begin:end]))
    return fetched


def crash_of_track(line: Line, chance: random.Random) -> None:
    """Track begins again from an earlier commit: what it wrote since then comes a second time, in the same order."""
    for part in range(line.partitions):
        log = line.logs["updates", part]
        if log and chance.random() < 0.5:
            for record in log[chance.randint(0, len(log) - 1) :]:
                line.append("updates", part, record.value, list(record.headers))
