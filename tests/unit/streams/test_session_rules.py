"""The rules of sessions: their numbers, their sources, and what settings may replace."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

import streams.session
from contracts.errors import ConfigurationInvalid
from contracts.sends import Button, FileContent, ImageContent, TextContent, VideoContent, kind_of
from streams.session.rules import StartsWith, WhenFull, load_rules, rules_named

HOUR_S = 3600


@pytest.mark.parametrize(
    ("name", "hours", "most", "in_a_row", "starts", "when_full"),
    [
        pytest.param("viber", 24, 60, 5, StartsWith.USER_REPLY, WhenFull.OPENS_NEXT, id="as today"),
        pytest.param(
            "viber-from-message", 24, 60, 5, StartsWith.USER_MESSAGE, WhenFull.WAITS_FOR_USER, id="as others read it"
        ),
        pytest.param("viber-older", 12, 60, 10, StartsWith.OUR_ANSWER, WhenFull.OPENS_NEXT, id="as it was"),
    ],
)
def test_the_numbers(name, hours, most, in_a_row, starts, when_full):
    rules = rules_named(name)

    assert (rules.window_s, rules.most_messages, rules.most_in_a_row) == (hours * HOUR_S, most, in_a_row)
    assert (rules.starts_with, rules.when_full) == (starts, when_full)
    assert rules.kinds == ("text", "image", "file")


def test_each_value_says_where_it_is_from():
    text = Path(streams.session.__file__).with_name("rules.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))

    assert len(rows) == 9 * len(load_rules())
    assert all(row["source"].startswith(("https://", "ours: ", "as today", "a provider's guide")) for row in rows)


def test_the_page_has_the_numbers_of_the_table():
    page = Path(__file__).parents[3].joinpath("docs", "sessions.md").read_text(encoding="utf-8")
    rows = {cells[0]: cells[1:] for line in page.splitlines() if len(cells := line.strip("| ").split(" | ")) == 4}
    sets = [rules_named(name.strip("`")) for name in rows["rule"]]

    assert [rules.name for rules in sets] == list(load_rules())
    assert rows["lasts"] == [f"{rules.window_s // HOUR_S} h" for rules in sets]
    assert rows["takes of our messages"] == [str(rules.most_messages) for rules in sets]
    assert rows["in a row without a reply"] == [str(rules.most_in_a_row) for rules in sets]


def test_settings_replace_single_values():
    rules = rules_named("viber", {"window_s": 7200, "price": "0.03", "currency": "EUR"})

    assert (rules.window_s, rules.price, rules.currency) == (7200, Decimal("0.03"), "EUR")
    assert rules.most_messages == 60


@pytest.mark.parametrize(
    ("name", "replaced", "said"),
    [
        pytest.param("vibes", {}, "viber-older", id="an unknown set: the known ones are named"),
        pytest.param("viber", {"most_messages": 0}, "most_messages", id="a number that cannot be"),
        pytest.param("viber", {"window_h": 24}, "window_h", id="a value that no rule has"),
        pytest.param("viber", {"starts_with": "lunch"}, "starts_with", id="a word that is none"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, replaced, said):
    with pytest.raises(ConfigurationInvalid, match=said):
        rules_named(name, replaced)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(TextContent(text="Hello"), "text", id="text"),
        pytest.param(ImageContent(url="https://example.com/a.jpg"), "image", id="an image alone"),
        pytest.param(FileContent(url="https://example.com/a.pdf"), "file", id="a file"),
        pytest.param(
            TextContent(text="Hello", button=Button(caption="Shop", url="https://example.com")),
            "text+button",
            id="a text with a button",
        ),
        pytest.param(
            ImageContent(url="https://example.com/a.jpg", text="Look"), "image+text", id="an image with words"
        ),
        pytest.param(VideoContent(url="https://example.com/a.mp4"), "video", id="a video"),
    ],
)
def test_what_a_content_is_called(content, kind):
    assert kind_of(content) == kind
