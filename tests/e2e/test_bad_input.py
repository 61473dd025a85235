"""Bad input, through the real processes: the answer that is given, and where each item went with its bytes."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.codec import decode
from contracts.records import DeadLetter, DeliveryReport
from contracts.topics import load_topics
from contracts.vocabulary import DeadLetterKind
from providers.telesign.verifier import sign
from tests.e2e.conftest import Installed

pytestmark = pytest.mark.broker

MIB = 1024 * 1024
LIMIT_S = 60.0
INFOBIP, TELESIGN = "infobip/main", "telesign/main"
_K = DeadLetterKind


@dataclass(frozen=True)
class Case:
    """A request, and what must come of it."""

    id: str
    body: bytes
    path: str = INFOBIP
    answer: int = 200
    letters: tuple[tuple[DeadLetterKind, str, bytes | None], ...] = ()
    """Kind, a part of the reason, and the bytes: none stands for the whole body."""
    reports: tuple[tuple[str, str], ...] = ()
    """Message and status."""
    is_forged: bool = False


def results(*items: str) -> bytes:
    return f'{{"results":[{",".join(items)}]}}'.encode()


def item(message_id: str, status: str = '{"groupId":3,"id":5}', more: str = "") -> str:
    return f'{{"messageId":"{message_id}","to":"447700900105",{more}"status":{status}}}'


def whole(kind: DeadLetterKind, reason: str) -> tuple[tuple[DeadLetterKind, str, bytes | None], ...]:
    return ((kind, reason, None),)


NESTED = b'{"results":' + b"[" * 5000 + b"]" * 5000 + b"}"

CASES = [
    Case("a wrong signature is refused", b'{"reference_id":"F0"}', TELESIGN, answer=401, is_forged=True),
    Case("a wrong password is refused", results(item("forged")), answer=401, is_forged=True),
    Case("an unknown connection is refused", results(item("elsewhere")), "infobip/other", answer=404),
    Case("an unknown provider is refused", results(item("nowhere")), "carrier-pigeon/main", answer=404),
    Case("a body above the limit is refused", b"L" * (MIB + 1), answer=413),
    Case("a body of exactly the limit is kept", b"M" * MIB, letters=whole(_K.UNREADABLE, "not JSON")),
    Case("no JSON", b"hello", letters=whole(_K.UNREADABLE, "not JSON")),
    Case("torn JSON", b'{"results":[{"messageId"', letters=whole(_K.UNREADABLE, "ends too early")),
    Case("an empty body", b"", letters=whole(_K.UNREADABLE, "empty")),
    Case("wrong types outside", b'{"results":5}', letters=whole(_K.UNREADABLE, "is a number")),
    Case("wrong types inside", results("5"), letters=((_K.INVALID_ITEM, "expected", b"5"),)),
    Case(
        "one bad item does not sink the others",
        results(item("good-1"), '{"messageId":"bad-1"}', item("good-2")),
        letters=((_K.INVALID_ITEM, "expected", b'{"messageId":"bad-1"}'),),
        reports=(("good-1", "delivered"), ("good-2", "delivered")),
    ),
    Case(
        "an unknown code is a value",
        results(item("odd-code", '{"groupId":77,"id":7701}')),
        reports=(("odd-code", "unknown"),),
    ),
    Case(
        "unknown fields are passed over",
        results(item("odd-field", more='"colour":{"is":["new"]},')),
        reports=(("odd-field", "delivered"),),
    ),
    Case("deep nesting", NESTED, letters=whole(_K.UNREADABLE, "nested deeper")),
    Case(
        "of duplicate keys the last one counts",
        results(item("first-key", more='"messageId":"last-key",')),
        reports=(("last-key", "delivered"),),
    ),
    Case(
        "numbers may be text",
        results(item("text-numbers", '{"groupId":"3","id":"5"}')),
        reports=(("text-numbers", "delivered"),),
    ),
    Case("an empty batch", b'{"results":[]}', letters=whole(_K.EMPTY, "")),
    Case("a NUL byte", b'{"results":[\x00]}', letters=whole(_K.UNREADABLE, "invalid character")),
    Case(
        "an escaped NUL in an id",
        results(item("nul\\u0000")),
        letters=((_K.INVALID_ITEM, "control characters", item("nul\\u0000").encode()),),
    ),
    Case("invalid UTF-8", results(item("bytes")).replace(b"bytes", b"\xff\xfe"), letters=whole(_K.UNREADABLE, "UTF-8")),
    Case(
        "a cascade with a bad leg",
        b'{"reference_id":"AB01","status":{"code":3000},"channel_status":[{"viber":7}]}',
        TELESIGN,
        letters=((_K.INVALID_ITEM, "channel_status", b"7"),),
        reports=(("AB01", "delivered"),),
    ),
]


@dataclass
class Told:
    """What came of a request."""

    answer: int
    is_stored: bool = False
    letters: list[tuple[DeadLetterKind, str, bytes]] = field(default_factory=list)
    reports: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def told(installed: Installed) -> dict[str, Told]:
    """All cases, sent and followed to their end."""
    return asyncio.run(_send_and_follow(installed))


async def _send_and_follow(installed: Installed) -> dict[str, Told]:
    answers = await _send(installed)
    told = {case.id: Told(answers[case.id]) for case in CASES}
    async with asyncio.timeout(LIMIT_S):
        places = await _places(installed, {case.body for case in CASES if answers[case.id] == 200})
        by_place = {place: told[case.id] for case in CASES for place in [places.get(case.body)] if place}
        for one in by_place.values():
            one.is_stored = True
        await _follow(installed, by_place)
    return told


async def _send(installed: Installed) -> dict[str, int]:
    base = f"http://127.0.0.1:{installed.settings.ingest.port}/callbacks"
    async with aiohttp.ClientSession() as client:

        async def send(case: Case) -> int:
            headers = _credentials(installed, case)
            async with client.post(f"{base}/{case.path}", data=case.body, headers=headers) as answer:
                return answer.status

        return dict(zip([case.id for case in CASES], await asyncio.gather(*map(send, CASES)), strict=True))


def _credentials(installed: Installed, case: Case) -> Mapping[str, str]:
    own = {connection.provider: connection.own for connection in installed.settings.connections}
    telesign, infobip = own["telesign"], own["infobip"]
    if case.path.startswith("telesign"):
        signed = case.body + b" " if case.is_forged else case.body
        key = base64.b64decode(_secret(telesign["api_keys"][0]))
        authorization = f"TSA {telesign['customer_id']}:{sign(key, signed).decode()}"
    else:
        password = "wrong" if case.is_forged else _secret(infobip["passwords"][0])
        authorization = "Basic " + base64.b64encode(f"{infobip['username']}:{password}".encode()).decode()
    return {"authorization": authorization, "content-type": "application/json"}


def _secret(setting: str) -> str:
    return Path(setting.removeprefix("file:")).read_text(encoding="utf-8").strip()


async def _places(installed: Installed, bodies: set[bytes]) -> dict[bytes, tuple[int, int]]:
    """Where each body stands in `callbacks`; what took the detour over the spool comes there later."""
    found: dict[bytes, tuple[int, int]] = {}
    async with reading(installed, "callbacks") as records:
        while not found.keys() >= bodies:
            record = await records.getone()
            found[record.value or b""] = record.partition, record.offset
    return found


async def _follow(installed: Installed, by_place: dict[tuple[int, int], Told]) -> None:
    """Wait until every item of every stored callback has its record."""
    owed = dict.fromkeys(by_place, 1)
    async with reading(installed, "dead-letters", "reports") as records:
        while any(owed.values()):
            record = await records.getone()
            found = decode(DeadLetter if "dead-letters" in record.topic else DeliveryReport, record.value)
            place = (found.cause.partition, found.cause.offset)
            if place in by_place:
                _note(by_place[place], found)
                owed[place] = found.cause.items - len(by_place[place].letters) - len(by_place[place].reports)


def _note(told: Told, found: DeadLetter | DeliveryReport) -> None:
    if isinstance(found, DeadLetter):
        told.letters.append((found.kind, found.reason, found.body))
    else:
        told.reports.append((found.provider_message_id, found.status))


@asynccontextmanager
async def reading(installed: Installed, *words: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer over whole topics, from their beginning."""
    kafka = installed.settings.kafka
    names = [load_topics()[word].full_name(kafka.topic_prefix) for word in words]
    partitions = [TopicPartition(name, number) for name in names for number in range(kafka.partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=installed.bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=4 * MIB
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        yield consumer
    finally:
        await consumer.stop()


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bad_input(told, case):
    came = told[case.id]

    assert came.answer == case.answer
    assert came.is_stored == (case.answer == 200)
    assert sorted(came.reports) == sorted(case.reports)
    assert len(came.letters) == len(case.letters)
    for (kind, reason, body), (expected_kind, says, expected_body) in zip(came.letters, case.letters, strict=True):
        assert kind == expected_kind
        assert says in reason
        assert body == (case.body if expected_body is None else expected_body)
