"""From Kafka to ClickHouse in this process: facts, hours, latencies and the latest status follow from each insert.

ClickHouse has no transaction over several tables, so offsets are committed to Kafka behind the insert: at least once.
python -m bench.peers.clickhouse_store SCHEMA, with BOOTSTRAP, TOPIC, GROUP and DIRECTORY in the environment, writes how
many records are stored to DIRECTORY/stored, and, when it is told to stop, what it counts to DIRECTORY/counted; runs in
the peers' environment.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import chdb
from confluent_kafka import Consumer, Message

BATCH_ROWS, BATCH_WAIT_S = 50_000, 1.0
FORMAT = "input_format_skip_unknown_fields=1, date_time_input_format='best_effort', input_format_null_as_default=1"


class Store:
    def __init__(self, directory: Path, schema: Path) -> None:
        self._session = chdb.connect(str(directory / "clickhouse"))
        self._batch = directory / "batch.ndjson"
        for statement in schema.read_text("utf-8").split(";\n"):
            if statement.strip():
                self._session.query(statement)

    def insert(self, messages: list[Message]) -> None:
        self._batch.write_bytes(b"\n".join(message.value() or b"{}" for message in messages) + b"\n")
        self._session.query(
            f"INSERT INTO bench.told SELECT * FROM file('{self._batch}', JSONEachRow) SETTINGS {FORMAT}"
        )

    def counted(self) -> dict[str, int]:
        """Messages that were delivered: by the rollup, and by the facts when repeats are merged away."""
        return {
            "rollup": self._number("SELECT sum(report_count) FROM bench.hour WHERE status = 'delivered'"),
            "facts": self._number("SELECT count() FROM bench.fact FINAL WHERE status = 'delivered'"),
            "stored": self._number("SELECT sum(report_count) FROM bench.hour"),
        }

    def _number(self, question: str) -> int:
        return int(str(self._session.query(question, "TSV")).strip())


def batches(consumer: Consumer) -> Iterator[list[Message]]:
    """Until told to stop."""
    is_over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: is_over.append(number))
    while not is_over:
        batch: list[Message] = []
        until = time.monotonic() + BATCH_WAIT_S
        while len(batch) < BATCH_ROWS and time.monotonic() < until and not is_over:
            batch += consumer.consume(min(10_000, BATCH_ROWS - len(batch)), timeout=0.1)
        if batch:
            yield batch


def main(schema: str) -> None:
    told, directory = os.environ, Path(os.environ["DIRECTORY"])
    store = Store(directory, Path(schema))
    settings = {"bootstrap.servers": told["BOOTSTRAP"], "group.id": told["GROUP"], "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    consumer.subscribe([told["TOPIC"]])
    stored = 0
    for batch in batches(consumer):
        store.insert(batch)
        consumer.commit(asynchronous=False)
        stored += len(batch)
        (directory / "stored.new").write_text(str(stored))
        (directory / "stored.new").replace(directory / "stored")
    (directory / "counted").write_text(json.dumps(store.counted()))


if __name__ == "__main__":
    main(sys.argv[1])
