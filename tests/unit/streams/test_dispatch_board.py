"""Commands in, outcomes out: what waits, what is withdrawn, and what is told of a connection that is ill."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from msgspec import structs

from contracts.codec import decode
from contracts.plans import ConnectionHealth, Outcome, SendOutcome, SendWithdrawn
from runtime.settings import DispatchSettings, Settings
from tests.support.dispatch_world import CONNECTION, Log, Process, Provider, commanded, partition_of
from tests.support.jumping_loop import JumpingLoop, run_jumping

ACCEPTED, WITHDRAWN, THROTTLED, REFUSED = (
    Outcome.ACCEPTED,
    Outcome.WITHDRAWN,
    Outcome.THROTTLED,
    Outcome.REFUSED,
)


RESTING = {"tries": 1, "ill_after_failures": 2, "first_rest_s": 30}


class House:
    """One process, and what was told."""

    def __init__(self, fates: Sequence[str] = (), **dispatch: float) -> None:
        self.loop: JumpingLoop = asyncio.get_running_loop()
        self.log, self.provider = Log(), Provider(iter(fates), can_find=True, takes_once=False)
        settings = Settings(connections=(CONNECTION,), dispatch=DispatchSettings(**dispatch))
        self.process = Process(self.log, self.provider, self.loop, settings=settings)
        self.process.assign(0, 1)

    def command(self, *numbers: int, lasts_s: float = 600, connection: str = "main") -> None:
        for number in numbers:
            told = structs.replace(commanded(number, self.loop, lasts_s=lasts_s), connection=connection)
            self.log.records["commands", partition_of(told.message_id)].append((self.loop.now_ms(), told))

    def withdraw(self, number: int) -> None:
        told = SendWithdrawn(message_id=f"m{number}", step=0, send_id=f"m{number}-0-0")
        self.log.records["commands", partition_of(told.message_id)].append((self.loop.now_ms(), told))

    def told(self) -> dict[int, SendOutcome]:
        """The last outcome of each."""
        values = [value for number in (0, 1) for _, value in self.log.records["outcomes", number]]
        outcomes = [decode(SendOutcome, value) for value in values]
        return {int(outcome.message_id.removeprefix("m")): outcome for outcome in outcomes}

    def outcomes(self) -> dict[int, Outcome]:
        return {number: told.outcome for number, told in sorted(self.told().items())}


def after(seconds: float, tell: Callable[[House], None], **house: object) -> House:
    """The house so long after it was told that."""

    async def live() -> House:
        one = House(**house)
        tell(one)
        await asyncio.sleep(seconds)
        return one

    return run_jumping(live())


def test_what_is_commanded_is_answered():
    house = after(5, lambda house: house.command(*range(10)))

    assert house.outcomes() == dict.fromkeys(range(10), ACCEPTED)
    assert set(house.provider.taken.values()) == {1}


def test_what_nobody_can_send_is_refused_and_another_way_may_be_taken():
    house = after(5, lambda house: house.command(1, connection="nowhere"))
    told = house.told()[1]

    assert (told.outcome, told.error, told.may_fall_back) == (REFUSED, "ConfigurationInvalid", True)


def test_what_the_queue_has_no_room_for_is_withdrawn_at_once():
    house = after(5, lambda house: house.command(*range(0, 60, 2)), most_waiting=5)
    withdrawn = [told for told in house.told().values() if told.outcome is WITHDRAWN]

    assert len(withdrawn) == 30 - sum(house.provider.taken.values()) > 0
    assert {(told.note, told.may_fall_back) for told in withdrawn} == {("the queue of its connection is full", True)}


def test_an_ill_connection_rests_and_what_waits_is_withdrawn_when_its_time_is_up():
    async def live() -> tuple[House, dict[int, Outcome]]:
        house = House(["throttles"] * 2, tries=1, ill_after_failures=2, first_rest_s=60)
        house.command(0, 2)
        await asyncio.sleep(2)
        house.command(4, lasts_s=10)
        house.command(6)
        await asyncio.sleep(20)
        during = house.outcomes()
        await asyncio.sleep(50)
        return house, during

    house, during = run_jumping(live())

    assert during == {0: THROTTLED, 2: THROTTLED, 4: WITHDRAWN}
    assert house.outcomes()[6] is ACCEPTED


def test_illness_is_told_once_and_so_is_recovery():
    house = after(70, lambda house: house.command(*range(0, 8, 2)), fates=["throttles"] * 2, **RESTING)
    told = [decode(ConnectionHealth, value) for value in house.process.health]

    assert [(one.is_ill, one.reason) for one in told] == [(True, "ProviderThrottled"), (False, None)]
    assert (told[0].until - told[0].since).total_seconds() == pytest.approx(30, abs=1)


def test_what_is_not_wanted_any_more_does_not_leave():
    async def live() -> House:
        house = House(["throttles"] * 2, **RESTING)
        house.command(0, 2)
        await asyncio.sleep(2)
        house.command(4)
        house.withdraw(4)
        await asyncio.sleep(3)
        return house

    told = run_jumping(live()).told()[4]

    assert (told.outcome, told.note) == (WITHDRAWN, "not wanted any more")


def test_the_position_waits_for_a_doubt_and_goes_on_when_it_is_given_up():
    async def live() -> list[int]:
        house = House(["cuts"], look_up_for_s=30)
        house.provider.can_find = False
        house.command(0)
        positions = []
        for _ in range(2):
            await asyncio.sleep(20)
            house.process.commit()
            positions.append(house.log.committed[0])
        return positions

    assert run_jumping(live()) == [0, 1]


def test_a_provider_that_does_not_know_a_send_is_believed_after_a_while():
    house = after(10, lambda house: house.command(0), fates=["is lost"])
    later = after(90, lambda house: house.command(0), fates=["is lost"])
    told = later.told()[0]

    assert house.outcomes() == {0: Outcome.IN_DOUBT}
    assert (told.outcome, told.error, told.may_fall_back) == (REFUSED, "ProviderUnavailable", True)


def test_a_provider_that_knows_it_settles_a_doubt_at_once():
    house = after(5, lambda house: house.command(0), fates=["cuts"])

    assert house.outcomes() == {0: ACCEPTED}
