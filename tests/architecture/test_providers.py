"""A provider is one folder: it stands on the kit alone, and nothing outside knows its name. The folders are found."""

import re
from functools import cache
from pathlib import Path

import grimp
import pytest

from providers import load_providers

ROOT = Path(__file__).parents[2]
HOUSE = ("analytics", "api", "contracts", "ingest", "providers", "runtime", "streams", "tidings")
FOLDERS = sorted(load_providers())
GROUND = re.compile(r"(contracts|providers\._kit|runtime\.clock)(\.|$)")
"""What an adapter may stand on. What time it is, one place says for the whole house."""
WRITTEN = {".py", ".toml", ".sql", ".html", ".yml", ".js"}
OUTSIDE = sorted(
    path
    for place in (
        *HOUSE,
        "tests/conformance",
        "tests/architecture",
        "tests/fuzz",
        ".importlinter",
        "pyproject.toml",
        "Makefile",
    )
    for path in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))
    if (path.suffix in WRITTEN or path.name in {".importlinter", "Makefile"})
    and not any(path.is_relative_to(ROOT / "providers" / slug) for slug in FOLDERS)
)
AS_EXAMPLES = (
    "tidings/demo/",  # what the demo shows is somebody's choice
    "contracts/topics/",  # each topic shows a record
    "api/answers/",  # as the API's description does
    "api/questions/back_testing.py",
    "api/questions/measuring.py",
    "api/submissions/plans.py",
    "api/submissions/registrations.py",
    "tidings/back_test/command.py",
)
"""Where a provider may be named, because another one need not be."""

every_folder = pytest.mark.parametrize("slug", FOLDERS)


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*HOUSE)


def imported_by(slug: str) -> set[str]:
    """What of the house the modules of a provider import."""
    home = f"providers.{slug}"
    modules = {home, *imports().find_descendants(home)}
    found = {name for module in modules for name in imports().find_modules_directly_imported_by(module)}
    return found - modules


@every_folder
def test_an_adapter_stands_on_the_contracts_the_kit_and_the_clock_alone(slug):
    assert {name for name in imported_by(slug) if not GROUND.match(name)} == set()


@every_folder
def test_the_graph_knows_the_adapter(slug):
    """Else the rule above would hold for what is not there."""
    assert {name.partition(".")[0] for name in imported_by(slug)} >= {"contracts", "providers"}


@every_folder
def test_nobody_imports_an_adapter_by_name(slug):
    home = f"providers.{slug}"
    inside = {home, *imports().find_descendants(home)}

    assert {one for name in inside for one in imports().find_modules_that_directly_import(name)} <= inside


def test_no_provider_is_named_outside_its_folder():
    names = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").lower() for file in OUTSIDE}
    named = {name: slug for name, text in names.items() for slug in FOLDERS if slug in text}

    assert {name: slug for name, slug in named.items() if not name.startswith(AS_EXAMPLES)} == {}


def test_the_rule_looks_at_the_house():
    assert {path.relative_to(ROOT).parts[0] for path in OUTSIDE} >= {*HOUSE, ".importlinter"}
