"""The stage that turns callbacks into reports, inbound messages, signals and dead letters."""
