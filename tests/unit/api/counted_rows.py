"""Rows as the store gives them: what is counted, summed and balanced."""

from datetime import timedelta

from analytics.back_test.waits import Bin
from analytics.reports.catalogue import Report
from tests.unit.api.rows import NOON

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
RATES = [
    {"channel": "sms", "provider": "telesign", "connection": "main", "country": "GB", "arrived": 930, "ended": 1000}
]
HISTOGRAM = [Bin(200, 900, 0, 0), Bin(420, 0, 0, 100)]
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
