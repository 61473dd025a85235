"""What stands in fences on the pages, and the commands in it."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from docs.site.links import pages

ROOT = Path(__file__).parents[2]
SHELLS = ("console", "sh")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INNER = re.compile(r"^\w+=\$\((.+)\)$", re.DOTALL)
_SET = re.compile(r"^\w+=\S*\$\(.*\)\S*$")
_ASSIGNED = re.compile(r"^\w+=\S*$")


@dataclass(frozen=True)
class Snippet:
    """One fence of one page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """What a reader would type; what is printed below it is left out."""
        if self.language not in SHELLS:
            return []
        found: list[str] = []
        for line in self.text.splitlines():
            if found and not is_whole(found[-1]):
                found[-1] += f"\n{line}"
            elif self.language == "sh" or line.startswith("$ "):
                found.append(line.removeprefix("$ "))
        return found


def is_whole(command: str) -> bool:
    """Whether a shell would run it, rather than wait for the rest."""
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def words(command: str) -> list[str]:
    """The words of the program that a command runs, its name without a path; nothing for an assignment."""
    inner = _INNER.match(command)
    if not inner and _SET.match(command):
        return []
    found = shlex.split(inner[1] if inner else command, comments=True)
    while found and _ASSIGNED.match(found[0]):
        found.pop(0)
    for sign in (">", "|", "&&"):
        found = found[: found.index(sign)] if sign in found else found
    return [found[0].rpartition("/")[2], *found[1:]] if found else []


def snippets_of(page: str, text: str) -> list[Snippet]:
    return [Snippet(page, text[: found.start()].count("\n") + 1, found[1], found[2]) for found in _FENCE.finditer(text)]


def snippets() -> list[Snippet]:
    """All there are."""
    names = [page.relative_to(ROOT).as_posix() for page in pages(ROOT)]
    return [one for name in names for one in snippets_of(name, (ROOT / name).read_text("utf-8"))]
