"""Pages of which a part is made from code: what stands between two markers."""

from pathlib import Path

from contracts.errors import ConfigurationInvalid


def between_markers(page: Path, markers: tuple[str, str], made: str) -> str:
    """The text of `page` with `made` between its markers. Raises `ConfigurationInvalid` when it has lost them."""
    begin, end = markers
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ConfigurationInvalid(f"{page} has lost its markers {begin} and {end}; put them back")
    before, after = text.split(begin)[0], text.split(end)[1]
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"
