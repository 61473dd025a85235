"""A key is shown once, kept as a digest, and works until it is revoked."""

import stat

import pytest

from api.keys import EVERYTHING, KeyRing, Scope, ensure_first_key
from api.sessions import LINK_LIFE, SESSION_LIFE, SessionBook, offer_sign_in
from contracts.errors import ConfigurationInvalid, NotFound
from runtime.clock import FixedClock
from tests.unit.api.rows import NOON


@pytest.fixture
def clock():
    return FixedClock(NOON)


@pytest.fixture
def ring(tmp_path):
    return KeyRing(tmp_path)


@pytest.fixture
def book(tmp_path, ring, clock):
    return SessionBook(tmp_path, ring, clock)


def test_the_first_key_is_made_once_and_may_do_everything(tmp_path, clock, ring):
    text = ensure_first_key(tmp_path, clock)

    assert ensure_first_key(tmp_path, clock) is None
    assert ring.find(text).scopes == EVERYTHING
    assert ring.find(text).accounts is None


def test_the_text_is_kept_nowhere(tmp_path, clock, ring):
    key, text = ring.create(clock, name="bi", scopes=[Scope.READ])
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert text.split("_", 2)[2].encode() not in kept
    assert text not in repr(key)


def test_only_the_owner_may_read_the_file(tmp_path, clock, ring):
    ring.create(clock, name="bi", scopes=[Scope.READ])

    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def _other_secret(text):
    return text[:-1] + ("a" if text[-1] != "a" else "b")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda _: "", id="nothing"),
        pytest.param(lambda _: "tidings", id="the prefix alone"),
        pytest.param(lambda _: "tidings__", id="empty members"),
        pytest.param(lambda text: text[:-1], id="a secret cut short"),
        pytest.param(_other_secret, id="another secret of the same key"),
        pytest.param(lambda text: text.replace("tidings_", "other_"), id="another prefix"),
        pytest.param(lambda text: text + "\x00", id="something behind it"),
        pytest.param(lambda _: "tidings_" + "\ud800", id="a lone surrogate"),
    ],
)
def test_what_is_not_the_key_finds_nothing(clock, ring, wrong):
    _, text = ring.create(clock, name="bi", scopes=[Scope.READ])

    assert ring.find(text)
    assert ring.find(wrong(text)) is None


def test_nothing_is_found_before_there_are_keys(ring):
    assert ring.find("") is None
    assert ring.find("tidings__") is None


def test_a_revoked_key_stops_working_in_other_processes_too(tmp_path, clock, ring):
    elsewhere = KeyRing(tmp_path)
    key, text = ring.create(clock, name="bi", scopes=[Scope.READ])
    kept, kept_text = ring.create(clock, name="other", scopes=[Scope.READ])
    assert elsewhere.find(text)

    ring.revoke(key.id)

    assert elsewhere.find(text) is None
    assert elsewhere.find(kept_text) == kept


def test_revoking_what_is_not_there_says_so(ring):
    with pytest.raises(NotFound, match="no key 12345678"):
        ring.revoke("12345678")


def test_a_broken_file_is_named_and_not_overwritten(tmp_path, clock, ring):
    (tmp_path / "keys.json").write_text("{", "utf-8")

    with pytest.raises(ConfigurationInvalid, match=r"keys\.json"):
        ring.create_first(clock)
    assert (tmp_path / "keys.json").read_text("utf-8") == "{"


def test_a_session_stands_for_its_key_and_outlives_a_restart(tmp_path, clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    session = book.open(key)

    assert SessionBook(tmp_path, KeyRing(tmp_path), clock).key_of(session) == key
    assert session.encode() not in (tmp_path / "sessions.json").read_bytes()


def test_a_session_ends_with_its_key(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    session = book.open(key)

    ring.revoke(key.id)

    assert book.key_of(session) is None


def test_a_session_ends_with_its_time(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    session = book.open(key)

    clock.advance(SESSION_LIFE.total_seconds())

    assert book.key_of(session) is None


def test_a_closed_session_leaves_others_open(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    closed, still_open = book.open(key), book.open(key)

    book.close(closed)

    assert book.key_of(closed) is None
    assert book.key_of(still_open) == key


def test_a_link_works_once(tmp_path, clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    link = offer_sign_in(tmp_path, key.id, clock).removeprefix("/sign-in/")

    assert book.redeem_link(link) == key
    assert book.redeem_link(link) is None


def test_a_link_works_for_minutes(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    link = book.offer_link(key.id)

    clock.advance(LINK_LIFE.total_seconds())

    assert book.redeem_link(link) is None


def test_a_link_is_no_session(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])

    assert book.key_of(book.offer_link(key.id)) is None
    assert book.redeem_link(book.open(key)) is None
