"""Which test runs the snippets of a page, and why some are run by none.

Beside that, each command is held to the command line, the Makefile or the OpenAPI document, and each block of JSON or
TOML is read (tests/unit/test_snippets.py).
"""

from tests.support.snippets import words

LIVE = "tests/e2e/test_pages.py"
"""Runs the commands of a page, one after the other, against an installation that is up."""

RUN_BY: dict[tuple[str, str], str] = {
    ("docs/add-a-provider.md", "console"): "tests/unit/providers/test_guide.py",
    ("docs/add-a-provider.md", "csv"): "tests/unit/providers/test_guide.py",
    ("docs/add-a-provider.md", "json"): "tests/unit/providers/test_guide.py",
    ("docs/add-a-provider.md", "markdown"): "tests/unit/providers/test_guide.py",
    ("docs/add-a-provider.md", "python"): "tests/unit/providers/test_guide.py",
    ("docs/alarms.md", "console"): LIVE,
    ("docs/alarms.md", "json"): "tests/unit/test_alarms_docs.py",
    ("docs/analytics-cookbook.md", "console"): LIVE,
    ("docs/analytics-cookbook.md", "python"): LIVE,
    ("docs/api.md", "console"): LIVE,
    ("docs/archive.md", "console"): LIVE,
    ("docs/archive.md", "python"): "tests/unit/test_archive_docs.py",
    ("docs/asyncapi.md", "python"): "tests/unit/contracts/test_asyncapi.py",
    ("docs/back-test.md", "console"): LIVE,
    ("docs/back-test.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/bi.md", "console"): "tests/unit/test_exports_docs.py",
    ("docs/bi.md", "python"): "tests/unit/test_exports_docs.py",
    ("docs/configuration.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/dashboard.md", "text"): "tests/unit/test_dashboard_docs.py",
    ("docs/doctor.md", "json"): "tests/unit/test_snippets.py",
    ("docs/exports.md", "python"): "tests/unit/test_exports_docs.py",
    ("docs/exports.md", "sh"): "tests/unit/test_exports_docs.py",
    ("docs/fallback-cookbook.md", "console"): LIVE,
    ("docs/fallback-cookbook.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/fallback.md", "console"): LIVE,
    ("docs/fallback.md", "json"): "tests/unit/test_fallback_docs.py",
    ("docs/fallback.md", "text"): "tests/unit/test_fallback_docs.py",
    ("docs/fallback.md", "toml"): "tests/unit/test_fallback_docs.py",
    ("docs/feed.md", "console"): LIVE,
    ("docs/feed.md", "python"): "tests/integration/test_feed.py",
    ("docs/keys.md", "console"): "tests/unit/tidings/test_keys_docs.py",
    ("docs/line-of-a-callback.md", "json"): "tests/unit/test_snippets.py",
    ("docs/log-events.md", "json"): "tests/unit/test_snippets.py",
    ("docs/metrics.md", "python"): "tests/unit/analytics/test_revisions.py",
    ("docs/metrics.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/observation.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/operations.md", "console"): LIVE,
    ("docs/providers.md", "console"): LIVE,
    ("docs/reports.md", "console"): LIVE,
    ("docs/sessions.md", "console"): LIVE,
    ("docs/sessions.md", "json"): "tests/unit/test_snippets.py",
    ("docs/sessions.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/simulator.md", "toml"): "tests/unit/test_snippets.py",
    ("docs/start.md", "console"): LIVE,
    ("docs/trust.md", "console"): LIVE,
    ("docs/trust.md", "json"): "tests/unit/test_trust_docs.py",
    ("providers/decisiontelecom/README.md", "toml"): "tests/unit/test_snippets.py",
    ("providers/infobip/README.md", "toml"): "tests/unit/test_snippets.py",
    ("providers/routee/README.md", "toml"): "tests/unit/test_snippets.py",
    ("providers/telesign/README.md", "toml"): "tests/unit/test_snippets.py",
}
"""The test by page and language."""

NOT_RUN: dict[str, str] = {
    "make run": "runs until somebody stops it; `make run ONCE=1` is tests/e2e/test_proof.py",
    "make test": "is the run of the tests itself",
    "make check": "contains the tests",
    "make bench": "measures for an hour",
    "make chaos": "takes ten minutes; tests/e2e/test_chaos.py runs the same program for half a minute",
    "python -m tests.chaos": "the same",
    "tidings explain --provider infobip --hint viber --words body.json": "body.json is the reader's own; the words are "
    "those of tests/unit/tidings/test_explain.py",
    "tidings erase": "wants the processes stopped; tests/integration/test_erase.py runs it",
    "tidings doctor": "finds what the machine is like; tests/integration/test_doctor.py makes each fault real",
    "tidings top": "runs until somebody stops it",
    "docker compose --profile observe": "needs Docker",
    "kafka-configs": "is a script of Kafka, which needs a Kafka installation",
    "python -m runtime.broker": "runs until somebody stops it; tests/integration/test_broker.py starts the same",
    "tidings simulate": "tests/e2e/test_installed.py runs it with a key of its own",
    "tidings stand-in": "runs until somebody stops it; tests/unit/tidings/test_stand_in.py serves the same",
    "tidings keys create simulator": "tests/e2e/test_installed.py makes that key",
    "tidings back-test --policy otp": "wants a policy of the reader's own; tests/unit/tidings/test_back_test.py has it",
    "location /callbacks/": "is for nginx, which no machine of ours has",
}
"""Why a command, or a block that begins so, is run by no test of its page."""


def reason(command: str) -> str | None:
    """Why a command is not run, when it is listed."""
    told = " ".join(words(command)) if command.count("\n") < 2 else command
    return next((why for start, why in NOT_RUN.items() if told.startswith(start)), None)
