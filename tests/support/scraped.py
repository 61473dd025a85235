"""A scrape of a process, by the names of our metrics in it."""

from prometheus_client.parser import text_string_to_metric_families


def families(page: str) -> set[str]:
    """As the reference writes them; without `…_created`, which only say since when something counts."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
        if family.name.startswith("tidings_") and not family.name.endswith("_created")
    }
