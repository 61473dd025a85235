"""The reference of settings cannot fall behind the code."""

from docs.site.settings import MEANINGS, docstrings, settings_tables, undocumented
from runtime.settings import Settings


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
