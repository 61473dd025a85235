"""The grammar of filters."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import QueryInvalid
from contracts.filters import MEMBER_LIMIT, MEMBERS_LIMIT, Filter, Pattern, parse_filter

ESCAPED = str.maketrans({mark: f"\\{mark}" for mark in "\\,!*"})
WORDS = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("texts", "wanted", "unwanted"),
    [
        pytest.param(["infobip"], ["infobip"], ["routee", "infobip2", None], id="a value is only itself"),
        pytest.param(["GR,CY"], ["GR", "CY"], ["BG", "GR,CY", None], id="commas mean any of"),
        pytest.param(["GR", "CY"], ["GR", "CY"], ["BG", None], id="repeating means any of"),
        pytest.param(["!unknown"], ["delivered", None], ["unknown"], id="a mark means none of, and nothing is not it"),
        pytest.param(["spring*"], ["spring", "spring-sale"], ["late-spring", None], id="a star means begins with"),
        pytest.param(
            ["spring*,!spring-t*"], ["spring-a"], ["spring-test", "autumn"], id="each member has its own marks"
        ),
        pytest.param([r"a\,b"], ["a,b"], ["a", "b"], id="an escaped comma is a comma"),
        pytest.param([r"\!a"], ["!a"], ["a"], id="an escaped mark is a mark"),
        pytest.param([r"a\*"], ["a*"], ["ab", "a"], id="an escaped star is a star"),
        pytest.param([], ["anything", None], [], id="no filter lets everything in"),
    ],
)
def test_a_filter_wants(texts: list[str], wanted: list[str | None], unwanted: list[str | None]) -> None:
    wish = parse_filter(texts)

    assert [value for value in wanted + unwanted if wish.matches(value)] == wanted


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "empty member", id="nothing"),
        pytest.param("GR,,CY", "empty member", id="nothing between commas"),
        pytest.param("!", "empty member", id="none of nothing"),
        pytest.param("*", "empty member", id="a star alone"),
        pytest.param("spr*ng", "at its end only", id="a star inside"),
        pytest.param("a\\", "backslash", id="a backslash before nothing"),
        pytest.param("a" * (MEMBER_LIMIT + 1), "characters", id="a member too long"),
        pytest.param("a," * MEMBERS_LIMIT + "a", "members", id="too many members"),
    ],
)
def test_a_filter_is_refused_with_its_rule(text: str, rule: str) -> None:
    with pytest.raises(QueryInvalid, match=rule):
        parse_filter([text])


@given(st.lists(WORDS, min_size=1, max_size=5), st.lists(WORDS, max_size=5))
def test_any_values_can_be_asked_for(wanted: list[str], unwanted: list[str]) -> None:
    written = [value.translate(ESCAPED) for value in wanted] + ["!" + value.translate(ESCAPED) for value in unwanted]

    assert parse_filter([",".join(written)]) == Filter(tuple(map(Pattern, wanted)), tuple(map(Pattern, unwanted)))


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with suppress(QueryInvalid):  # and nothing else
        parse_filter([text])
