"""How long a test waits for what must come."""

LIMIT_S = 180.0
"""Only a test that fails waits that long: on a machine with much else to do, a start alone may take a minute."""
