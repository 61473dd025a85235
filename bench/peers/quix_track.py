"""The work of `verdicts` on Quix Streams: RocksDB with a changelog, at least once, a checkpoint each second.

BOOTSTRAP, INPUT, OUTPUT, GROUP and STATE_DIR stand in the environment; runs in the peers' environment.
"""

import os

from quixstreams import Application, State

from bench.peers.verdicts import advance


def track(report: bytes, state: State) -> bytes:
    after, update = advance(state.get_bytes("attempt"), report)
    if after is not None:
        state.set_bytes("attempt", after)
    return update


def main() -> None:
    told = os.environ
    application = Application(
        broker_address=told["BOOTSTRAP"],
        consumer_group=told["GROUP"],
        state_dir=told["STATE_DIR"],
        auto_offset_reset="earliest",
        commit_interval=1.0,
        loglevel="ERROR",
        # Acknowledged by all and idempotent as it comes.
        producer_extra_config={"linger.ms": 5, "batch.size": 262_144, "compression.type": "zstd"},
    )
    reports = application.topic(told["INPUT"], key_deserializer="bytes", value_deserializer="bytes")
    updates = application.topic(told["OUTPUT"], key_serializer="bytes", value_serializer="bytes")
    application.dataframe(reports).apply(track, stateful=True).to_topic(updates)
    application.run()


if __name__ == "__main__":
    main()
