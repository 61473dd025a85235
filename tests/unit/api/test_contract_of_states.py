"""What one request makes, the next can find, and nobody else: any requests in any order, beside a small model.

Every answer has the shape that the document gives it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec import structs

from contracts.alarms import Alarm, AlarmKind, AlarmTold, Subject, alarm_id
from contracts.identity import keyed_message_id
from tests.support.store_line import T0
from tests.unit.api.model import AlarmOf, Attempt, Export, Ground, Key, Message, Wish
from tests.unit.api.world import ACCOUNTS, EXPORTS, OPERATIONS, World

PEOPLE = ("+447700900105", "+447700900106")
SENDERS = ("ExampleShop", "ExampleBank", None)
SHORT = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
LONG = settings(SHORT, max_examples=150, stateful_step_count=60)

Account = st.sampled_from(ACCOUNTS)

WHOLE = {"get_conservation", "get_books", "get_installation"}
"""They tell of the whole installation."""
PLAIN = [
    name
    for name, (method, path, said) in OPERATIONS.items()
    if method == "GET" and path.startswith("/v1/") and not {name} & {"get_feed", *WHOLE}
    if not any(one.get("required") for one in said.get("parameters", ()))
]


class Contract(Ground):
    """Everything that a key opens."""

    keys = Ground.keys
    messages = Bundle("messages")
    attempts = Bundle("attempts")
    raised = Bundle("raised")
    exports = Bundle("exports")
    pages = Bundle("pages")

    # Messages with plans

    @rule(
        target=messages,
        key=keys,
        account=Account,
        campaign=st.sampled_from(["spring", "autumn", None]),
        name=st.sampled_from([None, "order-1", "order-2"]),
    )
    def a_message_is_planned(self, key, account, campaign, name):
        """Under a name that was used before it is the same message, or refused as soon as the store knows it."""
        way = {"channel": "viber", "provider": "infobip", "connection": f"{account}-main", "wait_s": 60}
        body = {
            "recipient": PEOPLE[0],
            "content": {"kind": "text", "text": "Hello"},
            "campaign": campaign,
            "steps": [way | {"sender": "ExampleShop"}],
        }
        headers = {"Idempotency-Key": name} if name else {}
        known = self.model_messages.get(keyed_message_id(account, name, 0)) if name else None
        is_known = known is not None and known.is_stored
        is_refused = not key.sees(account) or (is_known and known.said != (campaign,))
        taken = self.ask("plan_messages", key, 422 if is_refused else 202, json=body, headers=headers)
        if taken is None or is_refused:
            return multiple()
        (one,) = taken["messages"]

        assert (one["account"], one["is_repeat"]) == (account, is_known)
        if known is None:
            assert one["message_id"] not in self.model_messages
            self.model_messages[one["message_id"]] = Message(account, self.world.clock.now(), said=(campaign,))
        assert name is None or one["message_id"] == keyed_message_id(account, name, 0)
        return one["message_id"]

    @rule(key=keys, name=messages)
    def a_planned_message_is_looked_at(self, key, name):
        one = self.model_messages[name]
        is_there = key.sees(one.account) and one.is_stored
        told = self.ask("get_message", key, 200 if is_there else 404, path={"id": name})
        if told is not None and is_there:
            assert (told["message_id"], told["account"]) == (name, one.account)
            assert told["plan"]["campaign"] == one.said[0]
            assert (told["plan"]["cancelled_at"] is not None) == any(one.cancelled)

    @rule(key=keys, name=messages)
    def a_message_is_cancelled(self, key, name):
        one = self.model_messages[name]
        is_there = key.sees(one.account) and one.is_stored
        taken = self.ask("cancel_message", key, 202 if is_there else 404, path={"id": name})
        if taken is not None and is_there:
            assert (taken["message_id"], taken["is_repeat"]) == (name, any(one.cancelled))
            if not any(one.cancelled):
                one.cancelled.append(False)

    # Attempts and what is reported of them

    @initialize(target=attempts)
    def each_account_has_sent_something_that_arrived(self):
        """And the store has it, so that there is always something to be kept from the other."""
        for account in ACCOUNTS:
            root = f"root-{len(self.model_attempts):04}"
            self.world.clock.advance(1)
            self.world.register(account, root)
            self.model_attempts[root] = Attempt(account, self.world.clock.now())
            self._report(root)
        self._catch_up()
        return multiple(*self.model_attempts)

    @rule(target=attempts, key=keys, account=Account)
    def an_attempt_is_registered(self, key, account):
        root = f"root-{len(self.model_attempts):04}"
        body = {"provider": "infobip", "connection": f"{account}-main", "root_id": root, "channel": "viber"}
        body |= {"recipient": PEOPLE[0]}
        taken = self.ask("register_attempts", key, 202 if key.sees(account) else 422, json=body)
        if taken is None or not key.sees(account):
            return multiple()
        (one,) = taken["attempts"]

        assert (one["account"], one["root_id"]) == (account, root)
        self.model_attempts[root] = Attempt(account, self.world.clock.now())
        return root

    @rule(root=attempts)
    def its_provider_reports_that_it_arrived(self, root):
        self._report(root)

    def _report(self, root: str) -> None:
        one = self.model_attempts[root]
        place = {"provider": "infobip", "connection": f"{one.account}-main", "account": one.account}
        self.world.clock.advance(1)
        self.world.line.report("delivered", of=root, at_s=self.world.now_s, **place)
        one.reported.append(False)

    def _attempts(self, key: Key) -> list[tuple[str, Attempt]]:
        """Those that the key may see and the store has, the newest first, by what their provider calls them."""
        seen = [(root, one) for root, one in self.model_attempts.items() if one.is_stored and key.sees(one.account)]
        return sorted(seen, reverse=True)

    @rule(target=pages, key=keys, limit=st.sampled_from([1, 2, 200]))
    def attempts_are_listed(self, key, limit):
        return self._page(key, limit, None)

    @rule(target=pages, page=consumes(pages))
    def the_next_page_begins_where_the_last_ended(self, page):
        """Whatever came meanwhile."""
        key, limit, cursor, last = page
        return self._page(key, limit, (cursor, last))

    def _page(self, key, limit, place):
        query = {"limit": limit} | ({"cursor": place[0]} if place else {})
        told = self.ask("get_messages", key, params=query)
        if told is None:
            return multiple()
        expected = [(root, one.status) for root, one in self._attempts(key) if place is None or root < place[1]]
        page = [(one["root_id"], one["status"]) for one in told["messages"]]

        assert page == expected[:limit]
        if told["next_cursor"] is None:
            assert len(expected) < limit
            return multiple()
        return key, limit, told["next_cursor"], page[-1][0]

    @rule(key=keys)
    def counts_are_of_what_is_listed(self, key):
        """In the list of changes, in the reports and in a back-test."""
        attempts = [one for _, one in self._attempts(key)]
        arrived = sum(one.status == "delivered" for one in attempts)
        begin = {"from": T0.isoformat()}
        changes = self.ask("get_changes", key, params={"limit": 200})
        report = self.ask("get_deliverability_report", key, params=begin)
        steps = [{"channel": "viber"}, {"channel": "sms"}]
        test = self.ask("get_back_test", key, json={"steps": steps} | begin)
        if None in (changes, report, test):
            return

        assert len(changes["changes"]) == arrived
        assert sum(row["sent"] for row in report["rows"]) == len(attempts)
        assert sum(row["delivered"] for row in report["rows"]) == arrived
        assert test["whole"]["messages"] == len(attempts)

    # People's wishes

    @rule(
        key=keys,
        account=Account,
        person=st.sampled_from(PEOPLE),
        sender=st.sampled_from(SENDERS),
        is_stop=st.booleans(),
    )
    def a_person_is_opted_out_or_in(self, key, account, person, sender, is_stop):
        body = {"account": account, "recipient": person, "sender": sender, "reason": "By letter"}
        operation = "add_suppression" if is_stop else "remove_suppression"
        taken = self.ask(operation, key, 202 if key.sees(account) else 422, json=body)
        if taken is not None and key.sees(account):
            wish = Wish(account, self.world.clock.now(), is_stop=is_stop)
            self.model_wishes.setdefault((account, sender, person), []).append(wish)

    @rule(key=keys, with_lifted=st.booleans(), limit=st.sampled_from([1, 3, 200]))
    def who_is_opted_out_is_listed_page_by_page(self, key, with_lifted, limit):
        told = list(self._suppressions(key, {"lifted": with_lifted, "limit": limit}))
        if None in told:
            return
        standing = {place: known[-1] for place, wishes in self.model_wishes.items() if (known := stored(wishes))}
        expected = [
            (one.at, *place[:2], "stop" if one.is_stop else "start")
            for place, one in standing.items()
            if key.sees(one.account) and (with_lifted or one.is_stop)
        ]

        assert [
            (datetime.fromisoformat(one["since"]), one["account"], one["sender"], one["kind"]) for one in told
        ] == sorted(expected, key=lambda one: one[0], reverse=True)

    def _suppressions(self, key: Key, query: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
        while True:
            page = self.ask("get_suppressions", key, params=query)
            if page is None:
                yield None
                return
            yield from page["suppressions"]
            if page["next_cursor"] is None:
                return
            query |= {"cursor": page["next_cursor"]}

    # Alarms

    @rule(target=raised, account=st.sampled_from([*ACCOUNTS, None]))
    def an_alarm_is_raised(self, account):
        self.world.clock.advance(1)
        now = self.world.clock.now()
        subject = Subject(AlarmKind.UNKNOWN_CODE, account, "infobip", account and f"{account}-main")
        name = alarm_id(subject, now)
        word = Alarm(
            alarm_id=name, told=AlarmTold.RAISED, told_at=now, raised_at=now, detail="One.", **subject._asdict()
        )
        self.model_alarms[name] = AlarmOf(account, now, word=word)
        self.world.tell(word)
        return name

    @rule(name=consumes(raised))
    def it_is_over(self, name):
        self.world.clock.advance(1)
        one = self.model_alarms[name]
        self.world.tell(structs.replace(one.word, told=AlarmTold.CLEARED, told_at=self.world.clock.now()))
        one.cleared.append(False)

    @rule(key=keys, is_open=st.sampled_from([True, False, None]))
    def alarms_are_listed(self, key, is_open):
        told = self.ask("get_alarms", key, params={} if is_open is None else {"open": is_open})
        expected = [
            (name, any(one.cleared))
            for name, one in sorted(self.model_alarms.items(), key=lambda each: each[1].at, reverse=True)
            if one.is_stored and key.sees(one.account) and is_open in {None, not any(one.cleared)}
        ]
        if told is not None:
            assert [(one["alarm_id"], one["cleared_at"] is not None) for one in told["alarms"]] == expected[:50]

    # Exports

    @rule(
        target=exports,
        key=keys,
        what=st.sampled_from(["messages", "reports"]),
        form=st.sampled_from(["ndjson", "parquet"]),
        name=st.sampled_from([None, None, "nightly"]),
    )
    def an_export_is_ordered(self, key, what, form, name):
        headers = {"Idempotency-Key": name} if name else {}
        expected, status = self._answer_to_order(key, (what, form), name)
        told = self.ask("add_export", key, status, json={"what": what, "format": form}, headers=headers)
        if told is None or status != 202:
            return multiple()
        if expected is not None:
            assert (told["id"], told["is_repeat"]) == (expected, True)
            return multiple()
        assert told["id"] not in self.model_exports
        assert not told["is_repeat"]
        now, rows = self.world.clock.now(), self._rows_of(key, what)
        self.model_exports[told["id"]] = Export(key, (what, form), self.batches, rows, name, now)
        if not self.is_held:
            self._exports_are_done()
        return told["id"]

    def _answer_to_order(self, key: Key, asked: tuple[str, str], name: str | None) -> tuple[str | None, int]:
        """Which export it is, if there is one already, and the status of the answer."""
        mine = {one: job for one, job in self.model_exports.items() if job.key is key}
        for one, job in mine.items():
            if name is not None and job.idempotency_key == name:
                return (one, 202) if job.asked == asked else (None, 422)
        for one, job in mine.items():
            if (job.asked, job.batches) == (asked, self.batches) and job.state in {"open", "done"}:
                return one, 202
        is_full = sum(job.state == "open" for job in mine.values()) >= EXPORTS.most_open
        return None, 429 if is_full else 202

    def _rows_of(self, key: Key, what: str) -> int:
        attempts = [one for _, one in self._attempts(key)]
        return len(attempts) if what == "messages" else sum(sum(one.reported) for one in attempts)

    @precondition(lambda self: not self.is_held)
    @rule()
    def exports_take_their_time(self):
        self.world.hold_exports()
        self.is_held = True

    @precondition(lambda self: self.is_held)
    @rule()
    def exports_are_done(self):
        self._exports_are_done()

    def _exports_are_done(self) -> None:
        self.world.let_exports_go()
        self.is_held = False
        for one in self.model_exports.values():
            if one.state == "open":
                one.state, one.expires_at = "done", self.world.clock.now() + timedelta(seconds=EXPORTS.keep_s)

    @rule(key=keys, limit=st.sampled_from([1, 200]))
    def exports_are_listed(self, key, limit):
        told = self.ask("get_exports", key, params={"limit": limit})
        seen = [(one.requested_at, name) for name, one in self.model_exports.items() if one.is_seen_by(key)]
        if told is not None:
            assert [one["id"] for one in told["exports"]] == [name for _, name in sorted(seen, reverse=True)][:limit]

    @rule(key=keys, name=exports)
    def an_export_is_fetched(self, key, name):
        """With the rows that there were when it was ordered, whatever came since."""
        one = self.model_exports.get(name)
        is_there = one is not None and one.is_seen_by(key)
        told = self.ask("get_export", key, 200 if is_there else 404, path={"id": name})
        if told is None or not is_there:
            return
        assert ("open" if told["state"] in {"queued", "running"} else told["state"]) == one.state
        assert (told["what"], told["format"]) == one.asked
        if one.state == "done":
            assert told["rows"] == sum(file["rows"] for file in told["files"]) == one.rows
            for file in told["files"]:
                self._is_fetched(key, name, file)

    def _is_fetched(self, key: Key, name: str, file: dict[str, Any]) -> None:
        answer = self.ask("get_export_file", key, path={"id": name, "name": file["name"]})
        if answer is not None:
            assert (len(answer.content), sha256(answer.content).hexdigest()) == (file["bytes"], file["sha256"])

    @rule(key=keys, name=exports)
    def an_export_is_cancelled_or_removed(self, key, name):
        one = self.model_exports.get(name)
        is_there = one is not None and one.is_seen_by(key)
        told = self.ask("remove_export", key, 204 if is_there else 404, path={"id": name})
        if told is None or not is_there:
            return
        if one.state == "open":
            one.state, one.expires_at = "cancelled", self.world.clock.now() + timedelta(seconds=EXPORTS.keep_s)
        else:
            del self.model_exports[name]

    @precondition(lambda self: not self.is_held)
    @rule()
    def the_api_begins_anew(self):
        """What was told stays, and exports whose time is over are gone."""
        self.world.restart()
        now = self.world.clock.now()
        self.model_exports = {
            name: one for name, one in self.model_exports.items() if one.expires_at is None or one.expires_at > now
        }

    # Whatever happens

    @rule(key=keys, operation=st.sampled_from(sorted(WHOLE)))
    def what_counts_everybody_is_closed_to_keys_of_accounts(self, key, operation):
        self.ask(operation, key, 200 if key.accounts is None else 403)

    @rule(key=keys, operation=st.sampled_from(PLAIN))
    def whatever_needs_no_parameter_is_answered(self, key, operation):
        self.ask(operation, key)

    @rule(key=keys)
    def what_nobody_knows_is_a_404(self, key):
        nobody = {"id": "019aa5a1-0000-7000-8000-0000deadbeef"}
        self.ask("get_message", key, 404, path=nobody)
        self.ask("get_export", key, 404, path=nobody)
        self.ask("remove_export", key, 404, path=nobody)


def stored(things: Iterable[Wish]) -> list[Wish]:
    return [one for one in things if one.is_stored]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """Makes machines, each with an installation of its own."""
    return lambda: Contract(World(tmp_path_factory.mktemp("world")))


def test_what_one_request_makes_the_next_can_find(machine):
    run_state_machine_as_test(machine, settings=SHORT)


@pytest.mark.long
def test_whatever_requests_make_others_can_find(machine):
    run_state_machine_as_test(machine, settings=LONG)
