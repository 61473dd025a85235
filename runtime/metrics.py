"""Every metric, named and explained once. Labels are closed sets or configured names, never what a caller sent."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from runtime.durations import Durations
from runtime.version import installed_version

VERSION = Gauge("tidings_version_info", "1; the label says which Tidings this process runs.", ("version",))
VERSION.labels(installed_version()).set(1)

CALLBACKS = Counter(
    "tidings_callbacks_total",
    "Callbacks by what they were answered; `status` is the HTTP status.",
    ("provider", "connection", "status"),
)
CALLBACK_SECONDS = Durations(
    "tidings_callback_seconds",
    "From the last byte of a callback to its answer.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
CALLBACKS_WAITING = Gauge("tidings_callbacks_waiting", "Callbacks that wait for the broker's acknowledgement.")
SPOOL_BYTES = Gauge("tidings_spool_bytes", "What the spool directory holds, of all processes together.")
SPOOL_RECORDS = Gauge("tidings_spool_records", "Callbacks in the spool that this process has to drain.")
SPOOL_OLDEST_SECONDS = Gauge("tidings_spool_oldest_seconds", "Age of the oldest of them; 0 when there is none.")
SPOOL_APPENDED = Counter("tidings_spool_appended_total", "Callbacks made durable in the spool.")
SPOOL_DRAINED = Counter("tidings_spool_drained_total", "Callbacks that went from the spool to Kafka.")
SPOOL_REFUSED = Counter("tidings_spool_refused_total", "Callbacks that the spool could not take: full, or an ill disk.")
SPOOL_TORN = Counter("tidings_spool_torn_total", "Segments whose end was never written whole, and cut; costs nothing.")
SPOOL_DAMAGED_BYTES = Counter(
    "tidings_spool_damaged_bytes_total", "Bytes in segments that could not be read; the files are kept aside."
)
STAGE_RECORDS = Counter("tidings_stage_records_total", "Records that a stage has read.", ("stage",))
STAGE_OUTPUTS = Counter(
    "tidings_stage_outputs_total", "Records that a stage has written, by topic.", ("stage", "topic")
)
STAGE_REPEATS = Counter(
    "tidings_stage_repeats_total", "Records dropped because a crash upstream had written them twice.", ("stage",)
)
STAGE_BATCH_SECONDS = Histogram(
    "tidings_stage_batch_seconds", "One batch, from the fetch to the acknowledged outputs and state.", ("stage",)
)
STAGE_LAG = Gauge(
    "tidings_stage_lag_records",
    "Records on Kafka that this process has yet to read for a stage, of the partitions that it has.",
    ("stage",),
)
STAGE_KEYS = Gauge("tidings_stage_keys", "Keys that a stage holds in memory.", ("stage",))
STAGE_DUE = Counter("tidings_stage_due_total", "Times that a stage had set itself and that have come.", ("stage",))
STAGE_WAITING = Gauge(
    "tidings_stage_waiting",
    "Keys that wait for something; in track, attempts parked for their registration; in reconcile, messages that were "
    "asked about and have not ended; in fallback, messages that are held for a person.",
    ("stage",),
)
STAGE_OLDEST_WAIT_SECONDS = Gauge(
    "tidings_stage_oldest_wait_seconds", "How long the oldest of them has waited; 0 when none does.", ("stage",)
)
FORGOTTEN_ATTEMPTS = Counter(
    "tidings_forgotten_attempts_total",
    "Attempts that were silent for long enough, by whether they had ended.",
    ("end",),
)
UPDATES = Counter("tidings_updates_total", "Verdicts of the track stage.", ("provider", "verdict"))
WISHES = Counter(
    "tidings_wishes_total",
    "What people said about getting our messages, by how we know, what they want, and whether that stands since.",
    ("reason", "kind", "effect"),
)
DECISIONS = Counter(
    "tidings_decisions_total", "What was decided about messages with plans, and why.", ("decision", "because")
)
POLICIES_CURRENT = Gauge(
    "tidings_policies_current", "1 while the file of policies is followed as it stands, 0 while an older one is."
)
UNKNOWN_CODES = Counter("tidings_unknown_codes_total", "Reports with a code that no table knows.", ("provider",))
SESSIONS = Counter(
    "tidings_sessions_told_total",
    "What was told of sessions: opened, started, warned, closed, corrected, rule_broken, heard_too_late, standing.",
    ("told",),
)
DEAD_LETTERS = Counter("tidings_dead_letters_total", "Items put aside.", ("provider", "kind"))
SINK_ROWS = Counter("tidings_sink_rows_total", "Rows written to the store, by topic.", ("topic",))
SINK_COMMIT_SECONDS = Histogram("tidings_sink_commit_seconds", "One transaction of the sink, rows and offsets.")
SINK_LAG = Gauge("tidings_sink_lag_records", "Records on Kafka that the store does not have yet.", ("topic",))
SNAPSHOT_TIME = Gauge(
    "tidings_store_snapshot_timestamp_seconds",
    "When the newest good snapshot of the store was made, in Unix time; its age is time() minus this.",
)
SNAPSHOT_BYTES = Gauge("tidings_store_snapshot_bytes", "Size of the newest good snapshot of the store.")
SNAPSHOT_SECONDS = Histogram(
    "tidings_store_snapshot_seconds",
    "One snapshot of the store: checkpoint, copy and reading it through. The sink waits meanwhile.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
STORE_RECOVERIES = Counter(
    "tidings_store_recoveries_total",
    "Starts with a store that was damaged or gone, by what was gone on from: file, snapshot or nothing.",
    ("origin",),
)
PARKED = Gauge(
    "tidings_parked_reports", "Reports that wait for the registration of their attempt.", ("provider", "connection")
)
PARKED_OLDEST = Gauge(
    "tidings_parked_oldest_timestamp_seconds",
    "When the oldest of them was received, in Unix time; absent while none waits.",
    ("provider", "connection"),
)
ALARM = Gauge(
    "tidings_alarm",
    "1 while an alarm is open, 0 once it has cleared; provider, connection and channel are empty where it has none.",
    ("kind", "provider", "connection", "channel"),
)
UNEXPLAINED = Gauge("tidings_unexplained_items", "Items that ought to be accounted for and are not. Must be 0.")

FORGOTTEN_TIME = Gauge(
    "tidings_store_forgotten_timestamp_seconds",
    "Facts of before this Unix time were dropped by this process; 0 while it has dropped none.",
)

ARCHIVE_ROWS = Counter("tidings_archive_rows_total", "Records written to the archive, by topic.", ("topic",))
ARCHIVE_BYTES = Counter("tidings_archive_bytes_total", "Bytes of the files written to the archive.", ("topic",))
ARCHIVE_LAG = Gauge("tidings_archive_lag_records", "Records on Kafka that the archive does not have yet.", ("topic",))
ARCHIVE_COMPLETE_AT = Gauge(
    "tidings_archive_complete_at_seconds", "When the archive last had all that had come, as Unix time.", ("topic",)
)
ARCHIVE_MISSING = Gauge(
    "tidings_archive_missing_records", "Records that Kafka removed before they were archived. Must be 0.", ("topic",)
)

PROVIDER_CALLS = Counter(
    "tidings_provider_calls_total",
    "Calls to a provider's API, by the answer's class (2xx …), unavailable, in_doubt or cancelled.",
    ("provider", "connection", "outcome"),
)
PROVIDER_CALL_SECONDS = Histogram(
    "tidings_provider_call_seconds",
    "One call, from its turn to its answer or its failure.",
    ("provider", "connection"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LOOK_UPS = Counter(
    "tidings_look_ups_total",
    "Attempts that were to be asked about: asked, late (by then it made no sense), resting (the provider had just "
    "failed), failed, or impossible (the connection cannot be asked).",
    ("provider", "connection", "outcome"),
)
LOOK_UP_ANSWERS = Counter(
    "tidings_look_up_answers_total", "Answers to them that went the way of callbacks.", ("provider", "connection")
)
PRESUMED_LOST = Counter(
    "tidings_presumed_lost_total",
    "Attempts that had not ended when their provider could no longer tell.",
    ("provider", "connection"),
)
SENDS = Counter(
    "tidings_sends_total",
    "Commanded sends by what was told of them: accepted, refused, throttled, withdrawn or in_doubt. One in doubt is "
    "told again when it is resolved.",
    ("provider", "connection", "outcome"),
)
SENDS_WAITING = Gauge(
    "tidings_sends_waiting", "Commanded sends that wait for their turn in this process.", ("provider", "connection")
)
CLAIMS_LOST = Counter(
    "tidings_claims_lost_total",
    "Sends that somebody else had claimed first, such as a process that was killed; each is looked into.",
    ("provider", "connection"),
)
DOUBTS = Gauge(
    "tidings_send_doubts",
    "Sends that this process is looking into, because nobody knows whether they were made.",
    ("provider", "connection"),
)
CONNECTION_ILL = Gauge(
    "tidings_connection_ill",
    "1 while sends over a connection rest because calls failed in a row, 0 when they go on.",
    ("provider", "connection"),
)

FEED_CLIENTS = Gauge("tidings_feed_clients", "Clients that this process tells of changes as they happen.")
FEED_ENDED = Counter(
    "tidings_feed_ended_total",
    "Their streams that ended from our side: too_slow, cut_off (took nothing at all), stopping, records_gone, "
    "kafka_silent or key_revoked.",
    ("reason",),
)


def exposition() -> tuple[bytes, str]:
    """The metrics page and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
