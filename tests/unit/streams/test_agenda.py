"""Keys come when their second has come, once, and what is only an index does not grow with every change."""

import random

import pytest

from streams.engine.agenda import SLACK, Agenda


class Book:
    """What stands in the entries, and the agenda that is told of each change."""

    def __init__(self) -> None:
        self.seconds: dict[bytes, int] = {}
        self.agenda = Agenda(lambda key: self.seconds.get(key, 0))

    def set(self, key: bytes, second: int) -> None:
        before = self.seconds.get(key, 0)
        self.seconds[key] = second
        if before != second:
            self.agenda.moved(key, before, second)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.mark.parametrize(
    ("moves", "taken"),
    [
        pytest.param([5], [5], id="in its second, not before"),
        pytest.param([5, 9], [9], id="what moved to later comes later"),
        pytest.param([9, 5], [5], id="what moved to earlier comes earlier"),
        pytest.param([9, 5, 9], [9], id="there and back"),
        pytest.param([5, 0], [], id="what was taken back does not come"),
        pytest.param([5, 0, 7], [7], id="what was taken back and set anew"),
    ],
)
def test_a_key_comes_in_the_second_that_stands_in_its_entry(book, moves, taken):
    for second in moves:
        book.set(b"a", second)

    assert [second for second in range(12) for _ in book.agenda.take(second, 10)] == taken


def test_a_key_that_was_taken_comes_again_only_when_its_second_moved(book):
    book.set(b"a", 5)
    first = book.agenda.take(5, 10)
    meanwhile = book.agenda.take(6, 10)
    book.set(b"a", 7)

    assert (first, meanwhile, book.agenda.take(7, 10)) == ([b"a"], [], [b"a"])


def test_a_look_has_an_end_and_the_next_goes_on(book):
    for number in range(5):
        book.set(b"%d" % number, 1 + number % 2)

    portions = [book.agenda.take(9, 2) for _ in range(4)]

    assert [len(portion) for portion in portions] == [2, 2, 1, 0]
    assert len({key for portion in portions for key in portion}) == 5


def test_postponing_leaves_one_note_a_key(book):
    for second in range(1, 1000):
        book.set(b"a", second)

    assert book.agenda.notes_count == 1


def test_notes_that_are_outdated_are_dropped_when_they_are_more_than_half(book):
    for _ in range(100):
        for number in range(100):
            book.set(b"%d" % number, 500)
            book.set(b"%d" % number, 400)

    assert book.agenda.notes_count <= 2 * 100 + SLACK


def test_taken_keys_leave_nothing_behind_when_they_are_forgotten(book):
    for number in range(500):
        book.set(b"%d" % number, 1)
        book.agenda.take(1, 10)
        book.set(b"%d" % number, 0)

    assert (book.agenda.keys_count, book.agenda.notes_count, len(book.agenda._taken)) == (0, 0, 0)


def test_the_earliest_is_the_lowest_that_stands(book):
    seen = []
    for key, second in [(b"a", 5), (b"b", 3), (b"b", 8), (b"a", 0), (b"b", 0)]:
        book.set(key, second)
        seen.append(book.agenda.earliest())

    assert seen == [5, 3, 5, 8, None]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_moves_each_key_comes_exactly_when_it_is_due(seed):
    """Against a model that looks at everything every second."""
    chance, book, told = random.Random(seed), Book(), {}
    for now in range(60):
        for _ in range(chance.randint(0, 8)):
            book.set(b"%d" % chance.randrange(12), chance.choice([0, now, now + chance.randint(1, 20)]))
        expected = {key for key, second in book.seconds.items() if 0 < second <= now and told.get(key) != second}
        taken = book.agenda.take(now, 1000)
        told = {key: second for key, second in told.items() if book.seconds[key] == second}
        told |= {key: book.seconds[key] for key in taken}

        assert (len(taken), set(taken)) == (len(expected), expected)
        assert book.agenda.notes_count <= 2 * book.agenda.keys_count + SLACK
