"""The stage that knows who wants no messages from us, and who wants them again."""
