"""What a caller might send, right or wrong."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from analytics.measures.metrics import Dimension, Measure

WORDS = [*Measure, *Dimension, "hour", "day", "none", "", ",", "GB", "UTC", "-1", "0", "1e9", "true", "\x00", "٣"]
TIMES = st.datetimes().map(lambda moment: moment.isoformat() + "Z") | st.sampled_from(
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-21T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "T",
        "1T",
    ]
)
VALUES = st.sampled_from(WORDS) | TIMES | st.text(max_size=80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)
FEW = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
