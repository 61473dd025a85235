"""Exports from a real store: what is in the files is what the store has, and a chain of them is one."""

import random
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest
from msgspec import structs

from analytics import questions
from analytics.asking.reader import Reader
from analytics.asking.words import Dimension, Measure
from analytics.exports.columns import What
from analytics.exports.order import Format, Order, Split, Wanted
from analytics.exports.reading import Window, windows_of
from analytics.exports.tokens import read_token, write_token
from analytics.freshness import Skyline
from analytics.lists.sessions import SessionsQuestion, sessions
from contracts.conversations import SessionCorrected, SessionOpened, Told
from contracts.errors import ExportEnded, QueryInvalid
from contracts.vocabulary import Reason, Scope
from runtime.clock import FixedClock
from streams.session.rules import rules_named
from tests.support.exporting import exported, exporter_of, merged, order_of, rows_in, seal, written
from tests.support.store_line import T0, Line, at
from tests.support.store_questions import asked
from tests.support.talking import US, lived, ours, time, user

ATTEMPTS = (What.MESSAGES, What.REPORTS)
MESSAGES, REPORTS = Wanted(what=What.MESSAGES), Wanted(what=What.REPORTS)
STATUSES = ("accepted", "sent", "delivered", "seen", "expired", "failed", "undelivered")
FILTERS = (
    {},
    {Dimension.STATUS: ("delivered,seen",)},
    {Dimension.STATUS: ("!delivered",), Dimension.COUNTRY: ("G*",)},
    {Dimension.CAMPAIGN: ("spring*,!spring-test",)},
)


@pytest.fixture
def exporter(database, reader):
    return exporter_of(database, reader)


@pytest.fixture(scope="module")
def exporter_over(store_of):
    """Makes exporters, each from a store of its own to which a whole line was told."""
    with ExitStack() as opened:

        def made(line):
            database = store_of(line)
            reader = Reader(database, Skyline(), FixedClock(at(60)), threads=1, limit_s=10)
            return exporter_of(database, opened.enter_context(closing(reader)))

        yield made


@pytest.fixture(scope="module")
def of_two_accounts(exporter_over):
    """Of each something of every kind."""
    line = Line()
    for account in ("ours", "theirs"):
        line.report("delivered", of=f"{account} a", account=account)
        line.register(of=f"{account} a", account=account)
        line.report("sent", of=f"{account} b", account=account)
        line.inbound(sha256(account.encode()).hexdigest()[:32], account=account)
        line.tell(*talked(1, account=account))
    line.unclaim(of="ours b")
    return exporter_over(line)


@pytest.fixture(scope="module")
def of_five(exporter_over):
    line = Line()
    line.report("delivered", of="a", country="GB", campaign="spring-1", at_s=1)
    line.report("sent", of="b", country="GR", campaign="spring-2", at_s=2)
    line.report("sent", of="c", country="CY", campaign="100%.(a|b)*", at_s=3)
    line.report("sent", of="d", campaign="two\nlines", at_s=4)
    line.report("failed", of="e", reason=Reason.BLOCKED_BY_OPERATOR, account="theirs", at_s=5)
    return exporter_over(line)


def store(writer, line):
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def live(line, rng: random.Random, *, count: int) -> None:
    """Some more of the lives of a few messages."""
    for _ in range(count):
        of, at_s = rng.choice("abcdefgh"), rng.random() * 600
        members = {"country": rng.choice(["GB", "GR", None]), "campaign": rng.choice(["spring-1", "spring-test", None])}
        if rng.random() < 0.3:
            line.register(of=of, at_s=at_s, **members)
        else:
            line.report(rng.choice(STATUSES), of=of, at_s=at_s, **members)


class TestRows:
    """What is in the files."""

    async def test_each_attempt_stands_where_its_timeline_says(self, exporter, reader, writer, line, tmp_path):
        live(line, random.Random(7), count=60)
        store(writer, line)
        found = rows_in(tmp_path / "x", await exported(exporter, tmp_path / "x", MESSAGES))

        assert len(found) == len({told.attempt_id for told in line.told})
        for row in found:
            (told,) = (await questions.message_timeline(reader, row["attempt_id"], accounts=None)).attempts
            assert {name: row[name] for name in told} == told

    async def test_each_report_is_there_once(self, exporter, writer, line, tmp_path):
        live(line, random.Random(8), count=60)
        store(writer, line)
        found = rows_in(tmp_path / "x", await exported(exporter, tmp_path / "x", REPORTS))
        told = [one for one in line.told if one.report is not None]

        assert sorted((one["event_id"], one["verdict"], one["status"]) for one in found) == sorted(
            (one.report.event_id, one.verdict, one.report.status) for one in told
        )

    @pytest.mark.parametrize("what", ATTEMPTS)
    async def test_all_formats_have_the_same(self, exporter, writer, line, tmp_path, what):
        line.report("sent", of="a", price=Decimal("0.0124"), currency="EUR", campaign='a "quoted", one\r\n', at_s=1.5)
        line.report("failed", of="b", description="caf\u00e9 \u0007 \\", recipient="+447700900105")
        store(writer, line)
        found = {
            form: rows_in(tmp_path / form, await exported(exporter, tmp_path / form, Wanted(what=what), form=form))
            for form in Format
        }

        assert found[Format.PARQUET] == found[Format.ARROW]
        assert found[Format.NDJSON] == [plain(row) for row in found[Format.PARQUET]]
        assert found[Format.CSV] == [as_csv(row) for row in found[Format.NDJSON]]

    async def test_people_leave_as_pseudonyms_only(self, exporter, writer, line, tmp_path):
        line.register(of="a", recipient="+447700900105")
        line.report("sent", of="a", recipient="+447700900105")
        store(writer, line)
        for what in ATTEMPTS:
            rows = rows_in(tmp_path / what, await exported(exporter, tmp_path / what, Wanted(what=what)))

            assert "7700900105" not in str(rows)
            assert rows[0]["recipient_hash"] == f"{seal('+447700900105'):016x}"

    async def test_the_price_of_an_attempt_is_that_of_its_pieces(self, exporter, reader, writer, line, tmp_path):
        def told(of, price, currency="EUR", **members):
            line.report("sent", of=of, price=Decimal(price), currency=currency, **members)
            line.report("delivered", of=of, price=Decimal(price), currency=currency, **members)

        told("a", "0.01", leg="a:viber")
        told("a", "0.04", leg="a:sms")
        told("a", "0.05", scope=Scope.TRANSACTION)
        told("b", "0.07", scope=Scope.TRANSACTION)
        told("c", "0.01", "EUR", leg="c:viber")
        told("c", "0.02", "USD", leg="c:sms")
        line.report("sent", of="d", price=Decimal("0.03"), currency="EUR")
        line.report("delivered", of="d", price=Decimal("0.03"), currency="USD")
        store(writer, line)
        found = rows_in(tmp_path / "x", await exported(exporter, tmp_path / "x", MESSAGES))
        spent = (await questions.metrics(reader, asked(Measure.COST))).rows[0]["cost"]

        assert {row["root_id"]: (row["price"], row["currency"]) for row in found} == {
            "a": (Decimal("0.05"), "EUR"),  # not that of the whole beside that of its legs
            "b": (Decimal("0.07"), "EUR"),
            "c": (None, None),
            "d": (Decimal("0.03"), "EUR"),  # one piece, told twice
        }
        assert spent == {"EUR": Decimal("0.16"), "USD": Decimal("0.02")}

    async def test_an_empty_store_gives_an_empty_file_with_all_columns(self, exporter, tmp_path):
        manifest = await exported(exporter, tmp_path / "x", MESSAGES, form=Format.CSV)

        assert (manifest.rows, [file.rows for file in manifest.files]) == (0, [0])
        assert rows_in(tmp_path / "x", manifest) == []

    @pytest.mark.parametrize("accounts", [("ours",), ("theirs",), ("ours", "theirs"), ()])
    @pytest.mark.parametrize("what", What)
    async def test_nobody_sees_a_row_of_others(self, of_two_accounts, tmp_path, accounts, what):
        manifest = await exported(of_two_accounts, tmp_path / "x", Wanted(what=what, accounts=accounts))

        assert {row["account"] for row in rows_in(tmp_path / "x", manifest)} == set(accounts)

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            pytest.param({}, "abcde", id="none leaves all"),
            pytest.param({Dimension.COUNTRY: ("GR",)}, "b", id="a value"),
            pytest.param({Dimension.COUNTRY: ("GR,GB",)}, "ab", id="any of several"),
            pytest.param({Dimension.COUNTRY: ("GR", "GB")}, "ab", id="repeated is the same"),
            pytest.param({Dimension.COUNTRY: ("!GR",)}, "acde", id="none of these, and what has none is none of these"),
            pytest.param({Dimension.CAMPAIGN: ("spring*",)}, "ab", id="a beginning"),
            pytest.param({Dimension.CAMPAIGN: ("spring*,!spring-2",)}, "a", id="a beginning but one"),
            pytest.param(
                {Dimension.CAMPAIGN: (r"100%.(a|b)\*",)}, "c", id="what means something elsewhere is a character"
            ),
            pytest.param({Dimension.CAMPAIGN: ("two\nlines",)}, "d", id="a value of several lines"),
            pytest.param({Dimension.CAMPAIGN: ("two*",)}, "d", id="a beginning of one of several lines"),
            pytest.param(
                {Dimension.STATUS: ("delivered",), Dimension.COUNTRY: ("GB",)}, "a", id="two filters hold together"
            ),
            pytest.param({Dimension.REASON: ("blocked*",)}, "e", id="why it did not arrive"),
            pytest.param({Dimension.ACCOUNT: ("theirs",)}, "e", id="of an account"),
            pytest.param({Dimension.SENDER: ("' OR 1=1 --",)}, "", id="a filter is never a text of a question"),
        ],
    )
    async def test_filters(self, of_five, tmp_path, filters, found):
        for what in ATTEMPTS:
            manifest = await exported(of_five, tmp_path / what, Wanted(what=what, filters=filters))

            assert "".join(row["root_id"] for row in rows_in(tmp_path / what, manifest)) == found

    @pytest.mark.parametrize("what", ATTEMPTS)
    async def test_a_span_begins_at_its_first_moment_and_ends_before_its_last(
        self, exporter, writer, line, tmp_path, what
    ):
        for of, at_s in zip("abcd", (9.999, 10, 19.999, 20), strict=True):
            line.report("sent", of=of, at_s=at_s)
        store(writer, line)
        manifest = await exported(exporter, tmp_path / "x", Wanted(what=what, from_=at(10), to=at(20)))

        assert [row["root_id"] for row in rows_in(tmp_path / "x", manifest)] == ["b", "c"]


class TestChain:
    """Two exports chained by a token are one."""

    @pytest.mark.parametrize("what", ATTEMPTS)
    async def test_whoever_takes_them_one_by_one_has_what_one_export_has(self, exporter, writer, line, tmp_path, what):
        rng, tokens = random.Random(what), [None] * len(FILTERS)
        have: list[dict] = [{} for _ in FILTERS]
        for turn in range(6):
            live(line, rng, count=rng.randrange(12))
            store(writer, line)
            for chain, filters in enumerate(FILTERS):
                wanted, folder = Wanted(what=what, filters=filters), tmp_path / f"{turn}-{chain}"
                part = await exported(exporter, folder / "part", wanted, token=tokens[chain])
                have[chain] = merged(have[chain], part, rows_in(folder / "part", part))
                tokens[chain] = part.token
                whole = await exported(exporter, folder / "whole", wanted)

                assert have[chain] == merged({}, whole, rows_in(folder / "whole", whole)), filters

    async def test_reports_come_in_one_export_of_a_chain_only(self, exporter, writer, line, tmp_path):
        live(line, random.Random(1), count=20)
        store(writer, line)
        first = await exported(exporter, tmp_path / "1", REPORTS)
        live(line, random.Random(2), count=20)
        store(writer, line)
        second = await exported(exporter, tmp_path / "2", REPORTS, token=first.token)
        whole = await exported(exporter, tmp_path / "3", REPORTS)
        parts = rows_in(tmp_path / "1", first) + rows_in(tmp_path / "2", second)
        place = ("kafka_partition", "kafka_offset")

        assert first.rows > 0 < second.rows
        assert sorted(parts, key=lambda row: [row[name] for name in place]) == sorted(
            rows_in(tmp_path / "3", whole), key=lambda row: [row[name] for name in place]
        )

    async def test_what_fits_no_more_is_told_and_what_never_did_is_not(self, exporter, writer, line, tmp_path):
        wanted = Wanted(what=What.MESSAGES, filters={Dimension.STATUS: ("sent",)})
        line.report("sent", of="a")
        line.report("delivered", of="b")
        store(writer, line)
        first = await exported(exporter, tmp_path / "1", wanted)
        line.report("delivered", of="a")
        line.report("seen", of="b")
        store(writer, line)
        second = await exported(exporter, tmp_path / "2", wanted, token=first.token)

        assert [(row["root_id"], row["is_match"]) for row in rows_in(tmp_path / "2", second)] == [("a", False)]

    async def test_a_chain_may_begin_with_an_empty_store(self, exporter, writer, line, tmp_path):
        first = await exported(exporter, tmp_path / "1", REPORTS)
        live(line, random.Random(3), count=20)
        store(writer, line)
        second = await exported(exporter, tmp_path / "2", REPORTS, token=first.token)

        assert second.rows == sum(one.report is not None for one in line.told)

    async def test_an_order_gives_the_same_whenever_it_is_carried_out(self, exporter, writer, line, tmp_path):
        live(line, random.Random(4), count=30)
        store(writer, line)
        orders = [await order_of(exporter, Wanted(what=what), form=form) for what in ATTEMPTS for form in Format]
        at_once = [written(exporter, one, tmp_path / f"at-once-{turn}") for turn, one in enumerate(orders)]
        live(line, random.Random(5), count=30)
        store(writer, line)
        later = [written(exporter, one, tmp_path / f"later-{turn}") for turn, one in enumerate(orders)]

        assert [one.files for one in later] == [one.files for one in at_once]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            pytest.param({"accounts": ("a",)}, "something else", id="of another account"),
            pytest.param({"what": What.REPORTS}, "something else", id="of another table"),
            pytest.param({"filters": {Dimension.STATUS: ("sent",)}}, "something else", id="of other filters"),
            pytest.param({"to": T0}, "something else", id="of another span"),
        ],
    )
    def test_a_token_continues_its_own_question_only(self, changed, said):
        token = write_token(MESSAGES, {"updates": (1,)}, seal)

        with pytest.raises(QueryInvalid, match=said):
            read_token(token, msgspec.structs.replace(MESSAGES, **changed), {"updates": (1,)}, seal)

    @pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: "x" + text, lambda _: "", lambda _: "."])
    def test_a_token_that_was_changed_is_refused(self, spoil):
        with pytest.raises(QueryInvalid, match="no token of this installation"):
            read_token(spoil(write_token(MESSAGES, {"updates": (1,)}, seal)), MESSAGES, {"updates": (1,)}, seal)

    def test_a_token_of_another_installation_is_refused(self):
        with pytest.raises(QueryInvalid, match="no token of this installation"):
            read_token(write_token(MESSAGES, {"updates": (1,)}, len), MESSAGES, {"updates": (1,)}, seal)

    def test_a_store_that_is_behind_the_token_says_so(self):
        with pytest.raises(QueryInvalid, match="ahead of the store"):
            read_token(write_token(MESSAGES, {"updates": (1, 9)}, seal), MESSAGES, {"updates": (1,)}, seal)


class TestOtherTables:
    """What people wrote, and sessions."""

    async def test_what_people_wrote_is_there_once(self, exporter, writer, line, tmp_path):
        for number in (1, 2, 1):
            line.inbound(f"{number:032x}", at_s=number, addressee="Shop", text=f"word {number}")
        store(writer, line)
        wanted = Wanted(what=What.INBOUND, filters={Dimension.SENDER: ("Sh*",)})
        rows = rows_in(tmp_path / "x", await exported(exporter, tmp_path / "x", wanted))

        assert [(row["event_id"], row["text"]) for row in rows] == [(f"{n:032x}", f"word {n}") for n in (1, 2)]
        assert {row["author_hash"] for row in rows} == {f"{seal('+447700900105'):016x}"}

    async def test_what_people_wrote_is_continued(self, exporter, writer, line, tmp_path):
        line.inbound(f"{1:032x}", at_s=50)
        store(writer, line)
        first = await exported(exporter, tmp_path / "1", Wanted(what=What.INBOUND))
        line.inbound(f"{2:032x}", at_s=2)
        store(writer, line)
        second = await exported(exporter, tmp_path / "2", Wanted(what=What.INBOUND), token=first.token)

        assert [row["event_id"] for row in rows_in(tmp_path / "2", second)] == [f"{2:032x}"]

    async def test_sessions_are_those_that_are_told_of(self, exporter, reader, writer, line, tmp_path):
        for hours in range(1, 8):
            for told in talked(hours):
                line.tell(told)
        store(writer, line)
        rows = rows_in(tmp_path / "x", await exported(exporter, tmp_path / "x", Wanted(what=What.SESSIONS)))
        reader.clock.moment = at(10 * DAY_S)
        told = (await sessions(reader, SessionsQuestion())).rows
        same = ("session_id", "opened_at", "ends_at", "recipient_hash", "sender", "cost")

        found, known = ([[row[name] for name in same] for row in some] for some in (rows, told))

        assert len(found) == 7
        assert sorted(found) == sorted(known)

    async def test_whoever_takes_sessions_one_by_one_has_what_one_export_has(self, exporter, writer, line, tmp_path):
        wanted, token, have = Wanted(what=What.SESSIONS), None, {}
        words = [told for hours in range(1, 5) for told in talked(hours)]
        for turn, told in enumerate(words):
            line.tell(told)
            store(writer, line)
            part = await exported(exporter, tmp_path / f"part-{turn}", wanted, token=token)
            have = merged(have, part, rows_in(tmp_path / f"part-{turn}", part))
            token = part.token
            whole = await exported(exporter, tmp_path / f"whole-{turn}", wanted)

            assert have == merged({}, whole, rows_in(tmp_path / f"whole-{turn}", whole))
        assert len(have) == 4

    async def test_a_session_that_was_none_after_all_goes(self, exporter, writer, line, tmp_path):
        *_, opened = (one for one in talked(1) if isinstance(one, SessionOpened))
        line.tell(opened)
        store(writer, line)
        first = await exported(exporter, tmp_path / "1", Wanted(what=What.SESSIONS))
        line.tell(SessionCorrected(parties=opened.parties, rules=opened.rules, was=opened.session, now=None))
        store(writer, line)
        second = await exported(exporter, tmp_path / "2", Wanted(what=What.SESSIONS), token=first.token)

        assert [(row["session_id"], row["is_match"]) for row in rows_in(tmp_path / "2", second)] == [
            (opened.session.session_id, False)
        ]


def test_another_revision_of_the_store_is_another_order():
    """A rebuild adds rows that have no places on Kafka."""
    orders = [Order(wanted=MESSAGES, until={"updates": (1,)}, revision=revision) for revision in (1, 1, 2)]

    assert [one.digest == orders[0].digest for one in orders] == [True, True, False]


class TestFiles:
    async def test_windows_change_nothing(self, database, reader, writer, line, tmp_path):
        live(line, random.Random(6), count=80)
        store(writer, line)
        small, large = exporter_of(database, reader, window_rows=5), exporter_of(database, reader)
        for what in ATTEMPTS:
            order = await order_of(small, Wanted(what=what))

            assert (
                written(small, order, tmp_path / f"small-{what}").files
                == written(large, order, tmp_path / f"large-{what}").files
            )

    async def test_by_day_each_day_has_its_file(self, exporter, writer, line, tmp_path):
        for of, at_s in (("a", 0), ("b", 86_400), ("c", 86_401)):
            line.report("sent", of=of, at_s=at_s)
        store(writer, line)
        manifest = await exported(exporter, tmp_path / "x", MESSAGES, split=Split.DAY)

        assert [(file.name, file.rows) for file in manifest.files] == [
            ("messages-2026-11-21.parquet", 1),
            ("messages-2026-11-22.parquet", 2),
        ]

    async def test_rows_are_sorted_as_the_manifest_says(self, exporter, writer, line, tmp_path):
        live(line, random.Random(9), count=60)
        store(writer, line)
        for what in ATTEMPTS:
            manifest = await exported(exporter, tmp_path / what, Wanted(what=what))
            places = [tuple(row[name] for name in manifest.sorted_by) for row in rows_in(tmp_path / what, manifest)]

            assert places == sorted(places)

    async def test_too_many_rows_leave_nothing_behind(self, exporter, writer, line, tmp_path):
        live(line, random.Random(9), count=20)
        store(writer, line)
        order = await order_of(exporter, REPORTS)

        with pytest.raises(ExportEnded, match="more than 3 rows"):
            written(exporter, order, tmp_path / "x", most_rows=3)
        assert list((tmp_path / "x").iterdir()) == []


DAY_S = 86_400


def talked(number: int, *, account: str = "default") -> list[Told]:
    """What is told of one session of one person, the number-th, until its time is up."""
    parties = structs.replace(US, account=account, recipient=f"+4477009001{number:02}")
    events = [user(number), ours(number + 1), user(number + 2), ours(number + 3)]
    heard = [structs.replace(event, parties=parties) for event in events]
    return lived([*heard, time(number + 40)], rules_named("viber", {"price": "0.05", "currency": "EUR"}))[1]


MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


def minute(number: int, count: int) -> tuple[datetime, int]:
    return MIDNIGHT + timedelta(minutes=number), count


@pytest.mark.parametrize(
    ("minutes", "split", "sizes"),
    [
        pytest.param([], Split.NONE, [], id="nothing needs no window"),
        pytest.param([(0, 4), (1, 5), (2, 2)], Split.NONE, [9, 2], id="minutes are packed up to the limit"),
        pytest.param([(0, 40), (1, 1)], Split.NONE, [40, 1], id="a minute that is too large stands alone"),
        pytest.param([(1439, 1), (1440, 1)], Split.NONE, [2], id="a day may end within one"),
        pytest.param([(1439, 1), (1440, 1)], Split.DAY, [1, 1], id="unless files are by day"),
    ],
)
def test_windows(minutes, split, sizes):
    windows = windows_of([minute(*one) for one in minutes], split, most=10)

    assert [window.records for window in windows] == sizes


def test_windows_leave_no_minute_out():
    first, second = windows_of([minute(0, 9), minute(5, 9)], Split.NONE, most=10)

    assert first == Window(MIDNIGHT, MIDNIGHT + timedelta(minutes=1), "", 9)
    assert second.begin == MIDNIGHT + timedelta(minutes=5)


def plain(row: dict) -> dict:
    """As JSON lines have it: times in ISO 8601, money as text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value) if isinstance(value, Decimal) else value


def as_csv(row: dict) -> dict:
    """As CSV has it: everything is text."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
