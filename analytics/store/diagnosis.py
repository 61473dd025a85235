"""What DuckDB's errors mean for us, and what to do about them. Its classes do not tell, so its words must."""

import duckdb

_LOG_DAMAGE = ("replaying WAL", "WAL does not match")
_DAMAGE = ("Corrupt", "not a valid DuckDB", *_LOG_DAMAGE)
_FULL = "No space left"
_LASTING = (_FULL, "Input/output error", *_DAMAGE)

_REMEDY = "the next start moves it aside and goes on from the newest good snapshot, else from what Kafka has"
_ADVICE = {
    "Could not set lock": "another process has it open; stop that one, or give this one a store.path of its own",
    _FULL: "the disk is full; make room and start again, nothing that was committed is lost",
    "replaying WAL": f"its log is damaged; {_REMEDY}",
    "WAL does not match": f"its log is damaged; {_REMEDY}",
    "Corrupt": f"the file is damaged; {_REMEDY}",
    "not a valid DuckDB": f"the file is no store; {_REMEDY}",
}


def advice(exc: duckdb.Error) -> str:
    """What happened and what to do about it."""
    text = str(exc)
    told = [f"{what} ({text.splitlines()[0]})" for sign, what in _ADVICE.items() if sign in text]
    return told[0] if told else text


def is_lasting(exc: duckdb.Error) -> bool:
    """Whether this process should do nothing more with the store.

    After a full disk only a new start is certain about what was stored: a log that could not be written answers some
    statements still, a checkpoint that could not be written answers none.
    """
    return isinstance(exc, duckdb.FatalException) or any(sign in str(exc) for sign in _LASTING)


def is_damage(exc: duckdb.Error) -> bool:
    """Whether the file, or the log beside it, is not what was written."""
    # A disk that is full while a log is replayed damages nothing.
    return _FULL not in str(exc) and any(sign in str(exc) for sign in _DAMAGE)


def is_of_log(text: str) -> bool:
    """Whether what is told is that the log is damaged; the file may be well as of its last checkpoint."""
    return any(sign in text for sign in _LOG_DAMAGE)
