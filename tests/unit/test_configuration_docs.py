"""The reference of settings cannot fall behind the code."""

from pathlib import Path

from runtime.settings import Settings
from tidings.configuration_page import MEANINGS, docstrings, settings_tables, undocumented, write_page

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_says_what_the_code_says():
    """When this fails: python -m tidings.configuration_page docs/configuration.md."""
    assert PAGE.read_text(encoding="utf-8") == write_page(PAGE)


def test_every_setting_has_a_meaning():
    assert not undocumented()


def test_a_meaning_stands_in_one_place():
    told = {
        f"{section}.{member}"
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields")
        for member in docstrings(field.annotation)
    }

    assert not told & set(MEANINGS)


def test_the_environment_name_of_a_member_is_told():
    assert "| `port` | `TIDINGS_INGEST__PORT` | `8080` | The callback port. |" in settings_tables()
