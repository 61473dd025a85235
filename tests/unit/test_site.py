"""The pages: every link leads somewhere, every page has its place, and both readers make the same of the text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.site.changes import changelog
from docs.site.http_api import http_reference
from docs.site.links import FENCE, anchor, anchors, is_outward, links, pages
from docs.site.tables import DOCS, TABLES, made_anew
from docs.site.topics import topics_reference

ROOT = Path(__file__).parents[2]
PAGES = pages(ROOT)
FRAGMENTS = sorted((ROOT / "docs" / "changes").glob("*.*.md"))
MADE = {"docs/api-reference.md", "docs/topics-reference.md"}
FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?https?://[^>]*>")
NAVIGATION = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    return [link for link in links(page.read_text("utf-8")) if not is_outward(link) and not leads(page, link)]


def leads(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_file():
        return False
    return not heading or heading in anchors(target.read_text("utf-8"))


@pytest.mark.parametrize("page", [*PAGES, *FRAGMENTS], ids=name_of)
def test_a_link_leads_to_a_file_and_a_heading(page):
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page: `x`, and more\n[a](#a-page-x-and-more) [b](#no) [c](no.md) `[d](no.md)` [e](https://e.example)"
    )

    assert broken(page) == ["#no", "no.md"]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        pytest.param("How fresh", "how-fresh", id="blanks are hyphens"),
        pytest.param("tidings topology, tidings topics", "tidings-topology-tidings-topics", id="signs go"),
        pytest.param("quiet_provider: silent", "quiet_provider-silent", id="underscores stay"),
        pytest.param("GET /v1/a - b", "get-v1a---b", id="what stood around a sign is not drawn together"),
    ],
)
def test_headings_are_named_as_github_names_them(heading, name):
    assert anchor(heading) == name


def test_every_page_has_its_place_in_the_navigation():
    """When this fails: give the page a line below `nav` in mkdocs.yml."""
    told = {name_of(page) for page in PAGES if page.parent.name != "adr"}

    assert set(NAVIGATION) - MADE == told


def test_every_decision_is_in_the_list_of_decisions():
    """When this fails: add the line of the new page to docs/adr/README.md."""
    folder = ROOT / "docs" / "adr"
    titles = {path.name: path.read_text("utf-8").splitlines()[0][2:] for path in sorted(folder.glob("0*.md"))}
    listed = re.findall(r"^\| \[(\d+)\]\((\S+)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)

    assert {name: f"{number}. {title}" for number, name, title in listed} == titles


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_list_or_table_has_a_blank_line_before_it(page):
    """GitHub does without one, the built pages take it for text."""
    text = FENCE.sub("\n", page.read_text("utf-8"))
    stuck = re.findall(r"^(?!\s*(?:[*-]|\d+\.|\||>|#)|\s{2,})\S.*\n(?=[*-] |1\. |\|[ -])", text, re.MULTILINE)

    assert stuck == []


@pytest.mark.parametrize("page", TABLES)
def test_the_tables_on_a_page_say_what_the_code_says(page):
    """When this fails: python -m docs.site.tables."""
    assert (DOCS / page).read_text("utf-8") == made_anew(page)


def test_the_references_tell_of_every_address_topic_and_body():
    addresses = http_reference(ROOT / "api" / "openapi.json")
    topics = topics_reference(ROOT / "contracts" / "asyncapi.json")

    assert "### GET /v1/metrics" in addresses
    assert "A key with the scope `read`." in addresses
    assert "| `measure` | query |" in addresses
    assert "## updates" in topics
    for text in (addresses, topics):
        assert {link for link in links(text) if link.startswith("#")} <= {f"#{name}" for name in anchors(text)}


def test_the_changelog_has_every_fragment():
    assert FRAGMENTS
    assert len(re.findall(r"^\* ", changelog(ROOT), re.MULTILINE)) == len(FRAGMENTS)


def test_no_diagram_needs_a_script_from_elsewhere():
    assert [name_of(page) for page in PAGES if "```mermaid" in page.read_text("utf-8")] == []


@pytest.mark.long
def test_all_pages_are_built_and_fetch_nothing_from_another_host(tmp_path):
    pytest.importorskip("mkdocs", reason="`make docs` brings it")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    fetched = [found for name in names for found in FETCHED.findall((tmp_path / name).read_text("utf-8"))]

    assert built.returncode == 0, built.stdout + built.stderr
    assert {"index.html", "docs/start.html", "docs/api-reference.html", "providers/routee/index.html"} <= names
    assert fetched == []
    assert "docs/site/site.css" in (tmp_path / "index.html").read_text("utf-8")
    assert (tmp_path / "docs" / "site" / "site.css").is_file()
