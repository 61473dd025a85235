"""Lists of what happened, newest first, and the life of one message."""
