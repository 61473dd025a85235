"""A key is shown once, kept as a digest, and works until it is revoked."""

import stat
from datetime import timedelta

import msgspec
import pytest

from api.admission.key_uses import KeyUses
from api.admission.keys import EVERYTHING, Key, KeyEnded, KeyRing, Scope, digest_of, ensure_first_key
from api.admission.sign_ins import LINK_LIFE, SESSION_LIFE, SignIns, offer_sign_in
from contracts.errors import ConfigurationInvalid, NotFound, QueryInvalid
from runtime.clock import FixedClock
from tests.unit.api.rows import NOON

DAY = timedelta(days=1)


@pytest.fixture
def clock():
    return FixedClock(NOON)


@pytest.fixture
def ring(tmp_path):
    return KeyRing(tmp_path)


@pytest.fixture
def book(tmp_path, ring, clock):
    return SignIns(tmp_path, ring, clock)


def test_the_first_key_is_made_once_and_may_do_everything(tmp_path, clock, ring):
    text = ensure_first_key(tmp_path, clock)

    assert ensure_first_key(tmp_path, clock) is None
    assert ring.find(text, NOON).scopes == EVERYTHING
    assert ring.find(text, NOON).accounts is None


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

    assert ring.find(text, NOON)
    assert ring.find(wrong(text), NOON) is None


def test_nothing_is_found_before_there_are_keys(ring):
    assert ring.find("", NOON) is None
    assert ring.find("tidings__", NOON) is None


def test_a_revoked_key_stops_working_in_other_processes_too(tmp_path, clock, ring):
    elsewhere = KeyRing(tmp_path)
    key, text = ring.create(clock, name="bi", scopes=[Scope.READ])
    kept, kept_text = ring.create(clock, name="other", scopes=[Scope.READ])
    assert elsewhere.find(text, NOON)

    ring.revoke(key.id)

    assert elsewhere.find(text, NOON) is None
    assert elsewhere.find(kept_text, NOON) == kept


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

    assert SignIns(tmp_path, KeyRing(tmp_path), clock).key_of(session) == key
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


@pytest.mark.parametrize(
    ("later", "works"),
    [
        pytest.param(DAY - timedelta(seconds=1), True, id="before its time is over"),
        pytest.param(DAY, False, id="from that moment on"),
    ],
)
def test_a_key_works_until_it_expires(clock, ring, book, later, works):
    key, text = ring.create(clock, name="bi", scopes=[Scope.READ], expires_at=NOON + DAY)
    session = book.open(key)

    clock.advance(later.total_seconds())

    assert (book.key_of(session) is not None) is works
    if works:
        assert ring.find(text, clock.now()) == key
    else:
        with pytest.raises(KeyEnded, match="expired at 2026-11-22 12:00 UTC"):
            ring.find(text, clock.now())


def test_an_expired_key_is_not_told_to_whoever_has_another_text(clock, ring):
    _, text = ring.create(clock, name="bi", scopes=[Scope.READ], expires_at=NOON)

    assert ring.find(_other_secret(text), NOON) is None


def test_a_rotated_key_has_two_texts_until_the_overlap_is_over(tmp_path, clock, ring):
    elsewhere = KeyRing(tmp_path)
    key, old = ring.create(clock, name="bi", scopes=[Scope.READ], accounts=["default"], requests_per_minute=10)

    rotated, new = ring.rotate(key.id, clock, overlap=DAY)

    assert [ring.is_opened_by(key.id, digest_of(text), NOON) for text in (old, new, "x")] == [True, True, False]
    assert [ring.is_opened_by(key.id, digest_of(text), NOON + DAY) for text in (old, new)] == [False, True]
    assert (rotated.id, rotated.scopes, rotated.accounts) == (key.id, key.scopes, key.accounts)
    assert rotated.requests_per_minute == 10
    assert elsewhere.find(old, NOON + DAY - timedelta(seconds=1)) == rotated
    assert elsewhere.find(new, NOON + DAY) == rotated
    with pytest.raises(KeyEnded, match="newer text"):
        elsewhere.find(old, NOON + DAY)


def test_without_an_overlap_the_old_text_ends_at_once(clock, ring):
    key, old = ring.create(clock, name="bi", scopes=[Scope.READ])
    ring.rotate(key.id, clock, overlap=timedelta(0))

    with pytest.raises(KeyEnded):
        ring.find(old, NOON)


def test_only_the_newest_two_texts_work(clock, ring):
    key, first = ring.create(clock, name="bi", scopes=[Scope.READ])
    _, second = ring.rotate(key.id, clock, overlap=DAY)
    _, third = ring.rotate(key.id, clock, overlap=DAY)

    assert ring.find(first, NOON) is None
    assert ring.find(second, NOON) == ring.find(third, NOON)


def test_a_key_that_has_expired_is_rotated_only_with_a_new_end(clock, ring):
    key, _ = ring.create(clock, name="bi", scopes=[Scope.READ], expires_at=NOON)
    with pytest.raises(QueryInvalid, match="has expired"):
        ring.rotate(key.id, clock, overlap=DAY)
    assert not ring.is_opened_by(key.id, key.digest, NOON)

    _, text = ring.rotate(key.id, clock, overlap=DAY, expires_at=NOON + DAY)

    assert ring.find(text, NOON)


def test_a_rotation_ends_the_sign_ins(clock, ring, book):
    key, _ = ring.create(clock, name="me", scopes=[Scope.READ])
    other, _ = ring.create(clock, name="other", scopes=[Scope.READ])
    session, link, kept = book.open(key), book.offer_link(key.id), book.open(other)

    book.close_all(key.id)

    assert book.key_of(session) is None
    assert book.redeem_link(link) is None
    assert book.key_of(kept) == other


def test_a_file_from_before_keys_could_expire_is_read(tmp_path, clock, ring):
    _, text = ring.create(clock, name="bi", scopes=[Scope.READ])
    newer = {"expires_at", "requests_per_minute", "rotated_at", "replaced"}
    content = msgspec.json.decode((tmp_path / "keys.json").read_bytes())
    old = {"keys": [{name: value for name, value in one.items() if name not in newer} for one in content["keys"]]}
    assert newer <= set(content["keys"][0])
    (tmp_path / "keys.json").write_bytes(msgspec.json.encode(old))

    found = KeyRing(tmp_path).find(text, NOON)

    assert isinstance(found, Key)
    assert (found.expires_at, found.requests_per_minute) == (None, None)


def test_the_last_use_is_kept_to_the_minute(tmp_path, clock, ring):
    key, _ = ring.create(clock, name="bi", scopes=[Scope.READ])
    uses = KeyUses(tmp_path, ring)
    assert uses.is_due(key.id, NOON)

    uses.keep(key.id, NOON)

    assert KeyUses(tmp_path, ring).all() == {key.id: NOON}
    assert not uses.is_due(key.id, NOON + timedelta(seconds=59))
    assert uses.is_due(key.id, NOON + timedelta(seconds=60))


def test_the_uses_of_revoked_keys_are_forgotten(tmp_path, clock, ring):
    gone, _ = ring.create(clock, name="gone", scopes=[Scope.READ])
    key, _ = ring.create(clock, name="bi", scopes=[Scope.READ])
    uses = KeyUses(tmp_path, ring)
    uses.keep(gone.id, NOON)

    ring.revoke(gone.id)
    uses.keep(key.id, NOON)

    assert uses.all() == {key.id: NOON}
