"""Gives MkDocs the pages of the whole repository at their own paths, and those that are made from the code."""

import posixpath
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.site.changes import changelog
from docs.site.http_api import http_reference
from docs.site.links import is_outward, links, pages
from docs.site.topics import topics_reference

ROOT = Path(__file__).parents[2]


DECISIONS = "docs/adr/"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The decisions stand in the navigation by themselves, in their order."""
    for group in config.nav or []:
        for entry in next(iter(group.values())) if isinstance(group, dict) else []:
            if isinstance(entry, dict) and entry.get("Decisions") == DECISIONS:
                found = sorted(path.name for path in (ROOT / DECISIONS).glob("0*.md"))
                entry["Decisions"] = [f"{DECISIONS}{name}" for name in ("README.md", *found)]
    return config


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """The files of the theme as they are; ours at the paths that they have in the repository."""
    ours = Files([file for file in files if file.src_dir != config.docs_dir])
    made = {
        "CHANGELOG.md": changelog(ROOT),
        "docs/api-reference.md": http_reference(ROOT / "api" / "openapi.json"),
        "docs/topics-reference.md": topics_reference(ROOT / "contracts" / "asyncapi.json"),
    }
    for name, text in made.items():
        ours.append(File.generated(config, name, content=text))
    for page in pages(ROOT):
        name = page.relative_to(ROOT).as_posix()
        if name not in made:
            ours.append(File.generated(config, name, abs_src_path=str(page)))
    for name in _linked() | set(map(str, config.extra_css)):
        if not ours.get_file_from_path(name):
            ours.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return ours


def _linked() -> set[str]:
    """Files of the repository that pages point to: pictures, code, tables."""
    targets = {
        posixpath.normpath(posixpath.join(page.relative_to(ROOT).parent.as_posix(), link.partition("#")[0]))
        for page in pages(ROOT)
        for link in links(page.read_text(encoding="utf-8"))
        if not is_outward(link)
    }
    return {target for target in targets if (ROOT / target).is_file()}
