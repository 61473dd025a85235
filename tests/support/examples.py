"""How many random examples a test takes."""

from hypothesis import settings


def share(part: float) -> int:
    """So many of those that the run's profile gives each test: fewer where an example takes long."""
    chosen = settings.default
    assert chosen is not None
    return max(1, round(chosen.max_examples * part))
