"""The spool: where callbacks are durable while Kafka is away.

Each process writes into a directory of its own, its *run*, and holds a lock on it for as long as it lives. What a run
leaves behind is drained by whoever finds it unlocked. A run is a row of segment files, a segment a row of frames.
"""
