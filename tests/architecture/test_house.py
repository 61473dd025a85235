"""Rules of the house that no other tool checks."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("analytics", "api", "contracts", "ingest", "providers", "runtime", "streams", "tidings")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "providers").glob("*/tests/*.py")])
BENCHES = sorted((ROOT / "bench").rglob("*.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LONGEST = 400
BARE = re.compile(r"# (noqa|type: ignore)(: ?[A-Z0-9, ]+|\[[\w, -]+\])?\s*$")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc)(_|$)")


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_module_is_short_enough_to_hold_in_mind():
    assert {name_of(module): count for module in MODULES if (count := len(lines_of(module))) > LONGEST} == {}


def test_a_module_is_named_for_its_role():
    assert [name_of(module) for module in MODULES if VAGUE.search(module.stem)] == []


def test_a_lint_exemption_carries_its_reason():
    bare = [f"{name_of(module)}: {line}" for module in MODULES for line in lines_of(module) if BARE.search(line)]

    assert bare == []


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_lock_has_hashes_and_names_no_host(lock):
    text = lock.read_text(encoding="utf-8")
    pinned = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]

    assert pinned
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert "://" not in text


def test_the_engine_is_pinned_exactly():
    """Its private names may change in any release."""
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]

    assert "faust-streaming==0.15.3" in needs
    assert "aiokafka[lz4,zstd]==0.14.0" in needs


def test_every_package_is_in_the_wheel():
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]

    assert sorted(built["wheel"]["packages"]) == sorted(PACKAGES)


def test_every_change_for_users_is_told_in_a_fragment():
    kinds = {path.name.split(".")[-2] for path in (ROOT / "docs" / "changes").glob("*.md") if path.name != "README.md"}

    assert kinds <= {"added", "changed", "fixed", "removed", "security"}


@pytest.mark.parametrize(
    ("process", "spared"),
    [
        ("api", ("aiohttp", "faust", "opentelemetry.sdk", "pyarrow.compute")),
        ("ingest", ("aiohttp", "duckdb", "faust", "opentelemetry.sdk", "pyarrow")),
        ("streams", ("duckdb", "fastapi", "jinja2", "opentelemetry.sdk", "pyarrow")),
    ],
)
def test_a_process_starts_without_what_it_may_never_need(process, spared):
    """Each of these costs a start a twentieth or more of its CPU."""
    code = f"import sys, {process}.process; print([name for name in {spared} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("bench", BENCHES, ids=name_of)
def test_what_a_bench_imports_of_the_product_is_there(bench):
    """Nobody runs all of them after each change, and some need packages that are installed beside the environment."""
    imports = [
        node for node in ast.walk(ast.parse(bench.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    ours = [node for node in imports if node.module and node.module.partition(".")[0] in PACKAGES]
    missing = [
        f"{node.module}.{one.name}" for node in ours for one in node.names if not is_there(node.module, one.name)
    ]

    assert missing == []


def is_there(module: str, name: str) -> bool:
    try:
        found = import_module(module)
    except ModuleNotFoundError:
        return False
    return hasattr(found, name) or (hasattr(found, "__path__") and find_spec(f"{module}.{name}") is not None)


def test_no_test_is_built_from_another():
    """What two tests need stands in tests/support, or beside them under a name of its own."""
    imported = re.compile(
        r"^from (tests|providers)\.[\w.]*\btest_\w+ import|^from tests\.[\w.]+ import test_", re.MULTILINE
    )

    assert [name_of(test) for test in TESTS if imported.search(test.read_text(encoding="utf-8"))] == []
