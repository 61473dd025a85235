"""Reports by name, as they are asked for and told."""

from pathlib import Path

import pytest

from analytics.measures.metrics import Dimension
from analytics.reports.catalogue import CATALOGUE, Report
from api.admission.keys import Scope
from contracts.filters import parse_filter
from tests.unit.api.counted_rows import REPORTS

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text("utf-8")


@pytest.mark.parametrize("name", Report)
class TestEachReport:
    def test_says_its_formula_its_files_and_how_fresh_it_is(self, client, name):
        told = client.get(f"/v1/reports/{name}").json()

        assert told["formula"] == CATALOGUE[name].formula
        assert told["answered_by"] == [f"{one}.sql" for one in CATALOGUE[name].answered_by]
        assert (told["from"], told["to"]) == ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")
        assert told["freshness"]["lag_records"] == 12

    def test_tells_what_the_store_found(self, client, name):
        (row,) = client.get(f"/v1/reports/{name}").json()["rows"]

        assert row.items() <= REPORTS[name][0].items()
        assert len(row) > 4

    def test_passes_on_filters_accounts_and_the_least_samples(self, connect, parts, name):
        client = connect(Scope.READ, accounts=("other",))
        assert client.get(f"/v1/reports/{name}?country=GR,CY&least_samples=30").json()["rows"] == []
        (question,) = parts.store.asked

        assert question.filters == {Dimension.COUNTRY: parse_filter(["GR,CY"])}
        assert (question.accounts, question.least_samples) == (("other",), 30)

    @pytest.mark.parametrize(
        ("query", "member"),
        [
            pytest.param("status=seen", "status", id="where attempts stand is what it tells"),
            pytest.param("least_samples=0", "least_samples", id="no sample at all"),
            pytest.param("country=Greece", "country", id="a country in words"),
            pytest.param("from=2026-01-01T00:00:00Z", "from", id="a span of a year"),
            pytest.param("group_by=status", "group_by", id="a group by where attempts stand"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, client, parts, query, member, name):
        answer = client.get(f"/v1/reports/{name}?{query}")

        assert answer.status_code == 422
        assert [error["member"] for error in answer.json()["errors"]] == [member]
        assert parts.store.asked == []

    def test_is_documented_with_its_formula_and_its_files(self, name):
        section = PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

        assert " ".join(section.replace("> ", "").split()).count(CATALOGUE[name].formula) == 1
        assert all(f"`{one}.sql`" in section for one in CATALOGUE[name].answered_by)


@pytest.mark.parametrize("name", [one for one in Report if one is not Report.PROVIDERS])
def test_groups_are_those_that_were_asked_for(client, parts, name):
    assert client.get(f"/v1/reports/{name}?group_by=provider,country&group_by=provider").status_code == 200

    assert parts.store.asked[0].group_by == (Dimension.PROVIDER, Dimension.COUNTRY)


def test_a_report_without_bounds_is_refused(client, parts):
    parts.store.reports[Report.LATENCY] *= 20_001

    assert "20001 rows" in client.get("/v1/reports/latency").json()["detail"]
