"""The questions as files, and the steps by which the store got its shape."""

import re
from pathlib import Path

import pytest

from analytics.queries import load_query, query_names
from analytics.questions import Dimension, Measure
from analytics.store.migrations import load_steps, migrate
from contracts.errors import StoreUnavailable

ROOT = Path(__file__).parents[3]


class TestQueryFiles:
    """Every question is used, told of, and says what it takes."""

    @pytest.mark.parametrize("name", query_names())
    def test_the_head_lists_the_parameters_of_the_sql(self, name):
        query = load_query(name)
        body = "\n".join(line for line in query.sql.splitlines() if not line.startswith("--"))
        used = {word.strip("$") for word in re.findall(r"\$\w+", body)}

        assert used == query.parameters

    @pytest.mark.parametrize("name", query_names())
    def test_the_head_says_what_it_answers(self, name):
        assert len(load_query(name).purpose.split()) > 5

    @pytest.mark.parametrize("name", query_names())
    def test_it_is_asked_by_somebody(self, name):
        sources = [path.read_text() for path in (ROOT / "analytics").rglob("*.py")]

        assert any(f'"{name}"' in source for source in sources)

    @pytest.mark.parametrize("name", query_names())
    def test_it_is_documented(self, name):
        assert f"`{name}`" in (ROOT / "docs" / "metrics.md").read_text()

    @pytest.mark.parametrize("measure", Measure)
    def test_every_measure_has_its_formula(self, measure):
        assert f"| `{measure}` |" in (ROOT / "docs" / "metrics.md").read_text()

    @pytest.mark.parametrize("dimension", Dimension)
    def test_every_dimension_is_explained(self, dimension):
        assert f"| `{dimension}` |" in (ROOT / "docs" / "metrics.md").read_text()


def test_a_store_shaped_by_a_newer_tidings_is_left_alone(database):
    cursor = database.cursor()
    cursor.execute("INSERT INTO schema_version VALUES (999, 'later', now() AT TIME ZONE 'UTC')")

    with pytest.raises(StoreUnavailable, match="newer version"):
        migrate(cursor)


def test_migrations_are_applied_once(database):
    migrate(database.cursor())
    applied = database.cursor().execute("SELECT step FROM schema_version ORDER BY step").fetchall()

    assert [step for (step,) in applied] == sorted(load_steps()) == list(range(1, len(applied) + 1))
