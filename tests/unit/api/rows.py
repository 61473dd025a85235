"""Rows as the store gives them: of one message and what belongs to it, seen at noon."""

from datetime import UTC, datetime, timedelta

from analytics.back_test.waits import Bin
from analytics.freshness import Freshness
from analytics.questions import Timeline
from analytics.reports.catalogue import Report
from analytics.service import Health
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MESSAGE = "019aa5a1-0000-7000-8000-000000000001"
ATTEMPT = "019aa5a1-0000-7000-8000-00000000000a"
ELSEWHERE = "019aa5a1-0000-7000-8000-000000000002"

FRESH = Freshness(
    as_of=NOON - timedelta(seconds=0.8),
    watermarks={"updates": {0: 4102, 1: 3987}, "callbacks": {0: 1208, 1: 900}},
    lag_records=12,
    lag_s=0.8,
    revision=7,
    lag_by_topic={"callbacks": 0, "updates": 12},
)

LETTER = {
    "kafka_partition": 3,
    "kafka_offset": 41,
    "cause_partition": 0,
    "cause_offset": 1207,
    "cause_index": 0,
    "cause_items": 1,
    "kind": "unreadable",
    "reason": "not JSON: unexpected end of data at byte 12",
    "provider": "infobip",
    "connection": "main",
    "received_at": NOON - timedelta(minutes=5),
    "content_type": "application/json",
    "size": 214,
    "body": b'{"reference"',
    "retried_at": None,
    "retry_partition": None,
    "retry_offset": None,
    "came_to": None,
}
HEARD = {
    "provider": "infobip",
    "connection": "main",
    "last_callback_at": NOON - timedelta(seconds=2),
    "hour_count": 310,
    "before_count": 2100,
    "day_count": 7,
}
ENDED = {
    "provider": "infobip",
    "connection": "main",
    "undelivered": 2,
    "expired": 1,
    "rejected": 0,
    "failed": 0,
    "delivered": 97,
    "previous": {"undelivered": 1, "expired": 1, "rejected": 0, "failed": 0, "delivered": 98},
}
LETTER_COUNT = {
    "provider": "infobip",
    "connection": "main",
    "kind": "unreadable",
    "reason": "not JSON: unexpected end of data at byte 12",
    "letter_count": 212,
    "untried_count": 12,
    "first_at": NOON - timedelta(hours=5),
    "last_at": NOON - timedelta(minutes=5),
}

ATTEMPT_ROW = {
    "attempt_id": ATTEMPT,
    "message_id": MESSAGE,
    "account": "default",
    "provider": "infobip",
    "connection": "main",
    "root_id": "vb-7003",
    "status": "delivered",
    "is_conflict": False,
    "is_registered": True,
    "sent_at": NOON - timedelta(seconds=5),
    "delivered_at": NOON - timedelta(seconds=2.5),
    "latency_ms": 2500,
    "report_count": 2,
}


def report(verdict: Verdict, status: DeliveryStatus, **more) -> dict:
    """A row of a timeline: what the provider said."""
    return {
        "event": "report",
        "known_at": NOON - timedelta(seconds=2),
        "attempt_id": ATTEMPT,
        "message_id": MESSAGE,
        "event_id": "9f2d0c1b-e4f6-4c6f-8a4c-2f6d5b1a7e30",
        "account": "default",
        "provider": "infobip",
        "connection": "main",
        "channel": "viber",
        "scope": "channel",
        "root_id": "vb-7003",
        "provider_message_id": "vb-7003",
        "external_id": None,
        "part": None,
        "verdict": verdict.value,
        "status": status.value,
        "item_status": status.value,
        "attempt_status": status.value,
        "previous_status": None,
        "is_conflict": False,
        "provider_code": "5",
        "error_code": None,
        "reason": None,
        "description": "Delivered to handset",
        "is_permanent": None,
        "occurred_at": NOON - timedelta(seconds=2.5),
        "received_at": NOON - timedelta(seconds=2),
        "sent_at": None,
        "delivered_at": None,
        "latency_ms": None,
        "country": "GB",
        "operator": None,
        "campaign": None,
        "sender": "ExampleShop",
        "recipient_hash": "00f00d00f00d00f0",
        "price": None,
        "currency": None,
        "source": "push",
        "cause_partition": 3,
        "cause_offset": 1207,
        "cause_index": 0,
        "cause_items": 2,
    } | more


REPORT_ONLY = (
    "event_id", "scope", "provider_message_id", "part", "status", "item_status", "provider_code", "error_code",
    "reason", "description", "is_permanent", "occurred_at", "received_at", "operator", "price", "currency", "source",
    "cause_partition", "cause_offset", "cause_index", "cause_items",
)  # fmt: skip  # a list of columns


def registration(**more) -> dict:
    """A row of a timeline: what our side said."""
    row = report(Verdict.REGISTERED, DeliveryStatus.ACCEPTED) | dict.fromkeys(REPORT_ONLY)
    return row | {"event": "registration", "known_at": NOON - timedelta(seconds=5)} | more


LISTED = {
    "attempt_id": ATTEMPT,
    "message_id": MESSAGE,
    "first_heard_at": NOON - timedelta(seconds=5),
    "account": "default",
    "provider": "infobip",
    "connection": "main",
    "root_id": "vb-7003",
    "external_id": None,
    "channel": "viber",
    "country": "GB",
    "campaign": None,
    "sender": "ExampleShop",
    "status": "delivered",
    "reason": None,
    "is_registered": True,
    "is_conflict": False,
    "sent_at": None,
    "delivered_at": None,
    "latency_ms": None,
}

TIMELINE = Timeline(
    rows=[
        registration(),
        report(Verdict.APPLIED, DeliveryStatus.DELIVERED, previous_status="accepted"),
        report(Verdict.REPEATED, DeliveryStatus.DELIVERED, cause_offset=1210),
    ],
    attempts=[ATTEMPT_ROW],
    freshness=FRESH,
)

CHANGES = [
    {
        "received_at": NOON - timedelta(seconds=age),
        "occurred_at": None,
        "message_id": MESSAGE,
        "attempt_id": ATTEMPT,
        "account": "default",
        "provider": "infobip",
        "connection": "main",
        "channel": "viber",
        "country": "GB",
        "verdict": "applied",
        "status": "delivered",
        "attempt_status": "delivered",
        "previous_status": "sent",
        "reason": None,
        "provider_code": "5",
        "is_conflict": False,
    }
    for age in range(3)
]

BALANCE = {
    "provider": None,
    "received": 100,
    "applied": 80,
    "repeated": 10,
    "outranked": 5,
    "parked": 2,
    "quarantined": 1,
    "in_flight": 2,
    "unexplained": 0,
    "explained_twice": 0,
}

UNEXPLAINED = {
    "cause_partition": 3,
    "cause_offset": 1207,
    "provider": "infobip",
    "connection": "main",
    "received_at": NOON,
    "cause_items": 2,
    "explained_indexes": [0],
}

TODAY = [
    {
        "provider": "infobip",
        "sent": 812,
        "delivered": 790,
        "delivery_rate": 790 / 812,
        "seen": 301,
        "seen_rate": 301 / 790,
        "latency_p50": 2500.0,
        "latency_p95": 71_000.0,
        "conflicts": 1,
    }
]

PARKED = [
    {
        "account": account,
        "provider": "telesign",
        "connection": "main",
        "report_count": 3,
        "attempt_count": 2,
        "oldest_at": NOON - timedelta(hours=hours),
    }
    for account, hours in (("default", 2), ("other", 30))
]

BOOKS = {
    "topic": "updates",
    "kafka_partition": 3,
    "first_offset": 0,
    "next_offset": 4102,
    "missing": 0,
    "doubled": 0,
}

INBOUND = {
    "event_id": "1b2d0c1be4f64c6f8a4c2f6d5b1a7e31",
    "received_at": NOON - timedelta(seconds=1),
    "occurred_at": None,
    "account": "default",
    "provider": "infobip",
    "connection": "main",
    "channel": "viber",
    "country": "GB",
    "kind": "text",
    "provider_message_id": "mo-1",
    "part": None,
    "author_hash": "00f00d00f00d00f0",
    "addressee": "ExampleShop",
    "text": "Is it in stock?",
    "media_url": None,
    "attempt_id": ATTEMPT,
    "message_id": MESSAGE,
    "attributed_by": "provider_id",
    "cause_partition": 3,
    "cause_offset": 1211,
    "cause_index": 0,
    "cause_items": 1,
    "kafka_partition": 1,
    "kafka_offset": 17,
}

SUPPRESSION = {
    "account": "default",
    "sender": "ExampleShop",
    "recipient_hash": "00f00d00f00d00f0",
    "kind": "stop",
    "reason": "keyword",
    "since": NOON - timedelta(seconds=1),
    "keyword": "STOP",
    "language": "en",
    "provider": "infobip",
    "connection": "main",
    "channel": "viber",
    "note": None,
    "told_by": None,
    "cause_partition": 3,
    "cause_offset": 1211,
    "cause_index": 0,
    "cause_items": 1,
    "kafka_partition": 1,
    "kafka_offset": 17,
}

SEND_ID = f"{MESSAGE}-1-0"

PLAN = {
    "kafka_partition": 0,
    "kafka_offset": 0,
    "told": "planned",
    "message_id": MESSAGE,
    "account": "default",
    "told_at": NOON - timedelta(seconds=70),
    "campaign": "autumn",
    "external_id": None,
    "policy": "",
    "version": 1,
    "in_doubt": "hold",
    "steps": [
        {
            "channel": channel,
            "provider": "telesign",
            "connection": "main",
            "sender": "ExampleShop",
            "wait_s": 60,
            "succeed_on": "delivered",
            "validity_s": None,
            "provider_cascades": False,
            "is_session": False,
        }
        for channel in ("viber", "sms")
    ],
    "quiet_start": None,
    "quiet_end": None,
    "send_before": None,
    "respects_opt_out": True,
    "budget": None,
    "sent_root_id": None,
    "sent_at": None,
}

DECISION = {
    "message_id": MESSAGE,
    "account": "default",
    "decision": "send",
    "because": "ended_badly",
    "decided_at": NOON - timedelta(seconds=10),
    "step": 1,
    "channel": "sms",
    "policy": "",
    "version": 1,
    "until_at": None,
    "send_id": SEND_ID,
    "fact_step": 0,
    "fact_channel": "viber",
    "fact_at": NOON - timedelta(seconds=12),
    "fact_status": "expired",
    "fact_provider_code": "3056",
    "fact_error": None,
}

SEND = {
    "message_id": MESSAGE,
    "account": "default",
    "step": 1,
    "send_id": SEND_ID,
    "provider": "telesign",
    "connection": "main",
    "channel": "sms",
    "sender": "ExampleShop",
    "campaign": "autumn",
    "is_session": False,
    "on_doubt": "hold",
    "commanded_at": NOON - timedelta(seconds=10),
    "give_up_at": NOON + timedelta(seconds=50),
    "outcome": "in_doubt",
    "told_at": NOON - timedelta(seconds=9),
    "root_id": None,
    "taken_count": 0,
    "error": "SendInDoubt",
    "provider_code": None,
    "may_fall_back": False,
    "price": None,
    "currency": None,
    "told_by": None,
    "note": None,
}

SEND_BALANCE = {
    "sends": 3,
    "accepted": 2,
    "refused": 0,
    "throttled": 0,
    "withdrawn": 0,
    "in_doubt": 1,
    "waiting": 0,
    "double_sends": 0,
}

REPLAYED = {
    "provider": None,
    "connection": None,
    "country": None,
    "messages": 1000,
    "succeeded": 750,
    "ended_badly": 100,
    "waited_out": 140,
    "no_other_way": 6,
    "silent": 0,
    "undecided": 4,
    "of_unknown_kind": 0,
    "needed": 170,
    "needless": 70,
    "left_without": 6,
    "really_sent": 220,
    "really_won": 165,
    "really_double": 38,
    "gained_count": 237,
    "gained_p50_ms": 51_580.0,
    "gained_p90_ms": 1_990_407.0,
}
RATES = [
    {"channel": "sms", "provider": "telesign", "connection": "main", "country": "GB", "arrived": 930, "ended": 1000}
]
HISTOGRAM = [Bin(200, 900, 0, 0), Bin(420, 0, 0, 100)]

SESSION = {
    "session_id": "019aa5a10000112233445566778899aa",
    "account": "default",
    "provider": "routee",
    "connection": "main",
    "sender": "ExampleShop",
    "recipient_hash": "00f00d00f00d00f0",
    "rules": "viber",
    "is_open": True,
    "opened_at": NOON - timedelta(hours=2),
    "started_at": NOON - timedelta(hours=1),
    "ends_at": NOON + timedelta(hours=23),
    "closed_at": None,
    "closed_by": None,
    "business_count": 4,
    "user_count": None,
    "is_billed": None,
    "cost": None,
    "currency": "EUR",
    "near": ["in_a_row"],
    "messages_left": 56,
    "in_a_row_left": 1,
    "kafka_partition": 1,
    "kafka_offset": 17,
}

STANDING = {
    "account": "default",
    "provider": "routee",
    "connection": "main",
    "sender": "ExampleShop",
    "rules": "viber",
    "as_of": NOON - timedelta(minutes=1),
    "kinds": ["text", "image", "file"],
    "session_id": SESSION["session_id"],
    "ends_at": NOON + timedelta(hours=23),
    "business_count": 4,
    "messages_left": 56,
    "in_a_row_left": 1,
    "near": ["in_a_row"],
    "opens_next": True,
}

BREAK = {"account": "default", "rule": "in_a_row", "sent_at": NOON - timedelta(minutes=5)}

WELL = Health(is_alive=True, is_ready=True, reason="the sink moves")

ENDS = {
    "sent": 10,
    "pending": 1,
    "delivered": 7,
    "seen": 3,
    "undelivered": 1,
    "expired": 1,
    "rejected": 0,
    "failed": 0,
    "unknown_count": 0,
    "conflicts": 0,
}
RATED = {"ended": 9, "rate": 0.7778, "low": 0.4526, "high": 0.9368, "too_few": True}
SOON = {"latency_p50": 2100, "latency_p95": 9800, "latency_p99": 31000}
REPORTS = {
    Report.DELIVERABILITY: [{"provider": "infobip"} | ENDS | RATED | {"delivery_rate": 0.7}],
    Report.LATENCY: [{"provider": None, "sent": 10, "delivered": 7, "too_few": True} | SOON],
    Report.FUNNEL: [
        ENDS
        | {"replied": 2, "delivered_share": 0.7, "seen_share": 0.4286, "replied_share": 0.2857}
        | {"lost": {"before_delivery": 3, "before_seen": 4}, "reasons": {"no_route": 2}}
    ],
    Report.COST: [
        {"provider": "infobip", "currency": "EUR", "sent": 9, "delivered": 7, "fallbacks": 1, "sessions": None}
        | {"message_cost": "0.070000", "cost_per_delivered": "0.010000", "fallback_cost": "0.020000"}
        | {"session_cost": None, "total_cost": "0.070000", "total_per_delivered": "0.009000"}
    ],
    Report.FALLBACKS: [
        {"because": "ended_badly", "after_channel": "viber", "commanded": 4, "fallbacks": 3, "delivered": 2}
        | {"double_deliveries": 1, "delivered_share": 0.6667, "double_share": 0.3333}
    ],
    Report.SESSIONS: [
        {"sessions": 3, "started": 2, "closed": 2, "billed": 1, "business_count": 5, "user_count": 4}
        | {"business_per_session": 2.5, "user_per_session": 2.0, "cost": {"EUR": "0.050000"}}
    ],
    Report.PROVIDERS: [
        {"country": "GR", "channel": None, "provider": "infobip", "is_compared": False, "compared_count": 0, "hours": 3}
        | ENDS
        | RATED
        | SOON
        | {"seen_share": None}
    ],
}
