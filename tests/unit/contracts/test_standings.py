"""What the next message of a session would do, and whom the list of standings objects to."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from contracts.codec import encode
from contracts.conversations import NearLimit as Near
from contracts.conversations import Parties, SessionRule, SessionStanding, SessionWarned, session_id
from contracts.errors import PayloadInvalid
from contracts.sends import SendRequest, TextContent, VideoContent
from contracts.standings import Allowed, Opens, Refused, Standings, next_send
from contracts.vocabulary import Channel

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
US = Parties(account="default", provider="routee", connection="main", sender="ExampleShop", recipient="+447700900105")
T0_MS = int(T0.timestamp() * 1000)
OPEN = SessionStanding(
    parties=US,
    rules="viber",
    as_of=T0,
    kinds=("text", "image", "file"),
    session_id=session_id(US, T0_MS),
    ends_at=T0 + timedelta(hours=24),
    messages_left=60,
    in_a_row_left=5,
    opens_next=True,
)
NONE_OPEN = structs.replace(OPEN, session_id=None, ends_at=None, messages_left=0)


def hours(number: float) -> datetime:
    return T0 + timedelta(hours=number)


def request(**members) -> SendRequest:
    given = {
        "send_id": "m1-0-0",
        "channel": Channel.VIBER,
        "recipient": US.recipient,
        "sender": US.sender,
        "content": TextContent(text="Yes, it is."),
        "is_session": True,
    }
    return SendRequest(**given | members)


def standings_of(*told, **members) -> Standings:
    known = Standings(**members)
    for one in told:
        known.take(one.parties.key, encode(one))
    return known


def of_person(number: int, **members) -> SessionStanding:
    parties = structs.replace(US, recipient=f"+4477009001{number:02}")
    return structs.replace(OPEN, parties=parties, **members)


@pytest.mark.parametrize(
    ("standing", "at_hours", "answer"),
    [
        pytest.param(OPEN, 1, Allowed(OPEN.session_id, 60, 5, hours(24)), id="goes into the open session"),
        pytest.param(OPEN, 23.999, Allowed(OPEN.session_id, 60, 5, hours(24)), id="until its last moment"),
        pytest.param(OPEN, 24, SessionRule.NO_SESSION, id="and not at its end"),
        pytest.param(NONE_OPEN, 1, SessionRule.NO_SESSION, id="no session is open"),
        pytest.param(None, 1, SessionRule.NO_SESSION, id="nobody has ever written"),
        pytest.param(structs.replace(OPEN, in_a_row_left=0), 1, SessionRule.IN_A_ROW, id="it is the person's turn"),
        pytest.param(
            structs.replace(OPEN, messages_left=0),
            2,
            Opens(session_id(US, T0_MS + 7_200_000), after=OPEN.session_id),
            id="the one after the last opens the next",
        ),
        pytest.param(
            structs.replace(OPEN, messages_left=0, opens_next=False), 2, SessionRule.NO_SESSION, id="or waits"
        ),
        pytest.param(
            structs.replace(OPEN, messages_left=0),
            0,
            Opens(session_id(US, T0_MS + 1), after=OPEN.session_id),
            id="two sessions never have one opening instant",
        ),
    ],
)
def test_what_the_next_message_would_do(standing, at_hours, answer):
    said = next_send(standing, "text", hours(at_hours))

    assert (said.reason if isinstance(said, Refused) else said) == answer


def test_a_kind_that_sessions_do_not_take_is_refused_with_those_they_do():
    said = next_send(NONE_OPEN, "video", hours(1))

    assert said.reason is SessionRule.KIND
    assert "text, image, file" in said.advice


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        pytest.param(request(), None, id="in an open session"),
        pytest.param(request(sender=" exampleshop"), None, id="however the sender is spelled"),
        pytest.param(request(content=VideoContent(url="https://example.com/a.mp4")), "takes text", id="another kind"),
        pytest.param(request(recipient="+447700900106"), "write first", id="another person"),
        pytest.param(request(recipient="+447700900106", is_session=False), None, id="no message of a session"),
    ],
)
def test_whom_the_list_objects_to(asked, advice):
    said = standings_of(OPEN).objection("default", asked, hours(1))

    assert said is advice if advice is None else advice in said


def test_another_account_has_conversations_of_its_own():
    assert standings_of(OPEN).objection("other", request(), hours(1))


def test_the_latest_standing_counts_and_one_without_a_session_is_let_go():
    known = standings_of(OPEN, NONE_OPEN)

    assert known.objection("default", request(), hours(1))
    assert len(known) == 0


def test_what_else_is_told_of_sessions_changes_no_standing():
    warned = SessionWarned(
        parties=US, rules="viber", session_id="a", near=Near.TIME, messages_left=0, in_a_row_left=0, minutes_left=1
    )

    assert standings_of(OPEN, warned).objection("default", request(), hours(1)) is None


def test_what_is_no_word_of_sessions_says_so():
    with pytest.raises(PayloadInvalid, match="sessions"):
        Standings().take(b"key", b'{"told":"lunch"}')


def test_where_an_open_session_was_left_out_for_want_of_room_the_provider_is_the_judge():
    known = standings_of(*(of_person(number) for number in range(5)), most_kept=3)
    left_out = request(recipient="+447700900100")

    assert len(known) == 3
    assert known.objection("default", left_out, hours(1)) is None


def test_a_session_whose_time_is_up_leaves_its_room_and_is_not_missed():
    late = [of_person(number, as_of=hours(30), ends_at=hours(50)) for number in range(1, 4)]
    known = standings_of(of_person(0), *late, most_kept=3)

    assert len(known) == 3
    assert known.objection("default", request(recipient="+447700900100"), hours(31))
