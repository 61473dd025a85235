"""The sections of the settings, and what they are lists of."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import Channel
from runtime.secret import Secret

SLUG = r"^[a-z0-9][a-z0-9-]{0,62}$"


class Section(BaseModel):
    """A part of the settings: frozen, and unknown members are errors, because a typo must not be silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """How to reach Kafka and how the topics are laid out."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Comma-separated `host:port`."""
    topic_prefix: str = "tidings-"
    partitions: int = Field(12, ge=1, le=1000)
    """Partitions of every topic. Part of the state's identity: choose once."""
    replication_factor: int = Field(1, ge=1)
    min_insync_replicas: int = Field(1, ge=1)


class IngestSettings(Section):
    """The callback port and its limits."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    admin_host: str = "127.0.0.1"
    admin_port: int = Field(8081, ge=1, le=65535)
    """Health, metrics and docs; never exposed to providers."""
    public_base_url: str = ""
    """Scheme and host as the providers see them, behind proxies; for schemes that sign the URL."""
    max_body_bytes: int = Field(1024 * 1024, ge=1)
    """A body of exactly this size passes."""
    waiting_limit: int = Field(5000, ge=1)
    """Callbacks that may wait for the broker at once, of one connection alone a half; above, they are refused."""
    spool_dir: Path = Path("spool")
    """Where callbacks are kept while Kafka is away; relative to the data directory."""
    spool_max_bytes: int = Field(1024 * 1024 * 1024, ge=1)
    """What the spools of all processes may hold together; above, the answer is 503."""
    spool_alarm_share: float = Field(0.25, gt=0, le=1)
    """From this share of `spool_max_bytes` on the process is not ready, so that somebody looks."""


class StreamsSettings(Section):
    """The stages and how they live in their consumer groups."""

    admin_host: str = "127.0.0.1"
    admin_port: int = Field(8082, ge=1, le=65535)
    session_timeout_s: float = Field(30.0, ge=6)
    """After this long without a heartbeat the group gives a worker's partitions away."""
    commit_interval_s: float = Field(1.0, gt=0)
    max_batch: int = Field(2000, ge=1)
    stall_timeout_s: float = Field(30.0, gt=0)
    """A worker with lag that has not moved for this long ends itself."""
    instance_id: str = ""
    """Stable per replica and unique among the living; empty joins as a dynamic member."""
    seen_days: int = Field(3, ge=1)
    """How long an attempt remembers which reports it has had; longer than the longest retry tail of a provider."""
    parking_days: float = Field(7, gt=0)
    """How long reports wait for the registration of their attempt; then it counts under an id of its own."""
    keep_final_days: float = Field(7, gt=0)
    """How long a finished attempt of which nothing more is heard is remembered; not below `seen_days`."""
    keep_open_days: float = Field(30, gt=0)
    """How long one that is not finished is; what comes after that begins a new attempt."""

    @model_validator(mode="after")
    def _forget_in_order(self) -> Self:
        if not self.seen_days <= self.keep_final_days <= self.keep_open_days:
            raise ValueError(
                "seen_days <= keep_final_days <= keep_open_days must hold: an attempt that is forgotten before its "
                "last repeat has come is counted as a new one"
            )
        return self


class FallbackSettings(Section):
    """Which way a message goes next."""

    policies: Path | None = None
    """The file of named policies, relative to the settings' own file; read anew when it changes."""
    plans_may_come_late_s: float = Field(600, ge=0)
    """A plan for a message that was sent elsewhere comes at most so long after the first that is heard of the message.
    At 0 nothing is remembered of messages without a plan."""
    outcome_within_s: float = Field(300, gt=0)
    """So long after a send should have been given up, its outcome is missed, and a person has to look."""
    keep_decided_days: float = Field(3, gt=0)
    """How long late news are expected of a message about which all is decided."""
    keep_held_days: float = Field(30, gt=0)
    """How long a person has to resolve a doubt."""


class Budget(Section):
    """The most that may be sent under a name on one day, as plans refer to it."""

    name: str = Field(pattern=SLUG)
    most_sends_per_day: int = Field(ge=0)
    """From midnight to midnight UTC; what was commanded counts, whatever came of it."""
    account: str = Field("default", pattern=SLUG)
    """Whose it is; each account has its own under the same name."""


class Price(Section):
    """What one message costs by contract; of several that fit, the one that says most of which messages it is for."""

    price: Decimal = Field(ge=0, max_digits=18, decimal_places=6)
    """Of one message, exact; write it in quotes."""
    currency: str = Field(pattern="^[A-Z]{3}$")
    """ISO 4217."""
    channel: Channel | None = None
    """Only on this channel."""
    provider: str | None = Field(None, pattern=SLUG)
    """Only by this provider."""
    connection: str | None = Field(None, pattern=SLUG)
    """Only over this connection."""
    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    """Only to numbers of this country, ISO 3166 alpha-2."""


class DispatchSettings(Section):
    """How the sends are made. How often and how many at once is said of each connection."""

    most_waiting: int = Field(10_000, ge=1)
    """Sends of one connection that may wait for their turn in one process; above, they are withdrawn, and another way
    may be taken."""
    tries: int = Field(4, ge=1)
    """Calls for one send, while its time lasts. A call is made again only where that cannot become a second message."""
    ill_after_failures: int = Field(5, ge=1)
    """Calls that fail in a row before a connection rests: not reached, throttled, not let in, without money or without
    an answer."""
    first_rest_s: float = Field(5.0, gt=0)
    """How long it rests; doubles as long as the one try behind each rest fails too."""
    longest_rest_s: float = Field(300.0, gt=0)
    claim_fresh_s: float = Field(10.0, gt=0)
    """A claimed send is called within this time or withdrawn, so that a process that slept does not send late."""
    not_taken_after_s: float = Field(30.0, ge=0)
    """So long after a send its provider may be slow to know it; from then on, one that it does not know was not taken.
    """
    look_up_for_s: float = Field(300.0, ge=0)
    """How long the provider is asked about a send in doubt; behind that it is left to its reports and to people."""


class StoreSettings(Section):
    """The DuckDB file and how it is fed."""

    path: Path = Path("tidings.duckdb")
    """Relative to the data directory."""
    batch_rows: int = Field(20_000, ge=1)
    batch_wait_s: float = Field(0.4, gt=0)
    memory_limit: str = "512MB"
    threads: int = Field(2, ge=1)
    query_timeout_s: float = Field(20.0, gt=0)
    reply_window_s: float = Field(86_400.0, gt=0, le=7 * 86_400)
    """A person who answers without saying what answers the newest message that they got within this time."""
    snapshot_every_s: float = Field(3600.0, ge=0)
    """How often a copy is made to fall back on, when something was stored since; 0: never. Below Kafka's retention."""
    keep_days: int = Field(0, ge=0, le=36_500)
    """Older facts are dropped once archived, counts stay. 0: never; else a week above `streams.keep_open_days`."""


class ArchiveSettings(Section):
    """What came in by the doors, kept in Parquet files by day beside the store."""

    path: Path = Path("archive")
    """Relative to the data directory."""
    every_s: float = Field(300.0, gt=0)
    """What has waited so long is archived; far below the topics' retention, because what is gone from Kafka is lost."""
    batch_rows: int = Field(100_000, ge=1)
    """So many waiting records are archived at once, and are the most in one new file."""


class ExportSettings(Section):
    """Files for other systems, made on demand and kept for a while."""

    path: Path = Path("exports")
    """Relative to the data directory."""
    keep_s: float = Field(86_400.0, gt=0)
    """How long an export is kept after it was made."""
    most_rows: int = Field(50_000_000, ge=1)
    """In one export; one with more fails."""
    most_open: int = Field(4, ge=1)
    """Exports of one key that are waiting or running."""
    most_bytes: int = Field(20 * 1024 * 1024 * 1024, ge=1)
    """When as much is kept, no further export is taken."""
    least_free_bytes: int = Field(512 * 1024 * 1024, ge=0)
    """When the disk has less left, an export fails, because the store needs it."""
    limit_s: float = Field(3600.0, gt=0)
    """An export that takes longer fails."""
    direct_rows: int = Field(100_000, ge=1)
    """In an export that is answered at once;"""
    direct_limit_s: float = Field(30.0, gt=0)
    """how long that may take."""


class ReplaySettings(Section):
    """Callbacks of the archive, normalised once more as `POST /v1/replays` asks for it."""

    path: Path = Path("replays")
    """What is known of each; relative to the data directory."""
    rate_per_s: float = Field(500.0, gt=0)
    """Callbacks a second, rehearsed or written; live traffic goes by the same stages."""
    most_callbacks: int = Field(500_000, ge=1)
    """In one replay; one with more fails, and is asked for in parts."""
    most_open: int = Field(4, ge=1)
    """Replays of one key that are waiting or running."""
    keep_s: float = Field(7 * 86_400.0, gt=0)
    """How long it is told what became of one."""


class ApiSettings(Section):
    """The query port."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    requests_per_minute: int = Field(6000, ge=0)
    """What a key may ask that has no limit of its own; 0: as much as it likes."""
    streams_url: str = Field("", pattern=r"^(https?://[^\s/]+)?$")
    """Where the local port of a process that normalises is reached, to rehearse what it would make of callbacks; that
    of `[streams]` on this machine when empty."""
    exchange: Path | None = None
    """The file of exchange rates, by which amounts are told in one currency; relative to the settings' own file, and
    read anew for each question that asks for that."""


class FeedSettings(Section):
    """The live feed, in each process of the query port."""

    heartbeat_s: float = Field(15.0, gt=0)
    """Where nothing happens, a line without meaning is sent so often; shorter than proxies wait."""
    most_clients: int = Field(500, ge=1)
    """Streams at once; above, the answer is 503."""
    most_waiting: int = Field(2_000, ge=1)
    """Events that may wait for one client; a stream that falls farther behind is ended, with the id to go on from."""
    patience_s: float = Field(30.0, gt=0)
    """A client that takes nothing for so long is cut off."""
    catch_up_readers: int = Field(8, ge=1)
    """Clients that are told of the past at once; the others wait for their turn."""
    catch_up_wait_s: float = Field(5.0, ge=0)
    """How long they do; then the answer is 503."""


class TrustSettings(Section):
    """When providers are not believed, and when somebody is to look."""

    silent_after_s: float = Field(21_600, ge=60)
    """An attempt of which no end is known so long after it began counts as silent."""
    at_least: int = Field(50, ge=10)
    """Of fewer nothing is said."""
    watch_every_s: float = Field(60, gt=0)
    """How often it is looked whether an alarm is due."""
    raise_after_looks: int = Field(2, ge=1)
    """An alarm is raised when so many looks in a row found a reason,"""
    clear_after_looks: int = Field(3, ge=1)
    """and cleared when so many in a row found that all is well."""
    quiet_days: int = Field(28, ge=1, le=90)
    """How far back it is looked how silent a connection is as a rule; of workdays or weekends, as today is one."""
    quiet_least_days: int = Field(4, ge=1)
    """With fewer such days nothing is said."""
    quiet_floor_s: float = Field(900, ge=0)
    """A connection that is silent for less is never quiet."""
    quiet_times: float = Field(3, ge=1)
    """Quiet is so many times as long as it is silent as a rule at that hour."""
    drop_within_s: float = Field(900, ge=1)
    """In time is what arrives within this after it began."""
    drop_window_s: float = Field(3600, ge=1)
    """Attempts that began in a span as long as this,"""
    drop_before_s: float = Field(86_400, ge=1)
    """are compared with those that began in the span before it."""
    drop_share: float = Field(0.1, gt=0, le=1)
    """So much lower is the share that arrives in time, when it has dropped."""
    drop_at_least: int = Field(100, ge=10)
    """With fewer attempts in either span nothing is said."""
    unknown_code_window_s: float = Field(3600, ge=60)
    """For so long after a code that no table knows the alarm stays open."""


class TracesSettings(Section):
    """Callbacks followed to their rows, for whoever collects OpenTelemetry. Needs `tidings[otel]`."""

    endpoint: str = Field("", pattern="^(https?://.+)?$")
    """Where spans go, by OTLP over HTTP, such as `http://127.0.0.1:4318`; empty: nowhere, and nothing is traced."""
    share: float = Field(0.01, gt=0, le=1)
    """Of all callbacks so many are traced; 1: each."""


class PrivacySettings(Section):
    """How people are hidden."""

    hash_key: Secret | None = None
    """Keys the hashes of recipients; made on the first run and kept in the data directory when not given."""


class Connection(BaseModel):
    """One account at one provider, as callbacks name it in their path; the adapter checks all members not listed."""

    model_config = ConfigDict(frozen=True, extra="allow")

    provider: str = Field(pattern=SLUG)
    name: str = Field(pattern=SLUG)
    account: str = Field("default", pattern=SLUG)
    observe_only: bool = False
    """Nobody registers attempts here: reports are counted under their own id and never parked."""
    rate_per_s: float = Field(1000.0, gt=0)
    """Above this the callbacks are answered with 429."""
    ack_budget_s: float = Field(1.0, gt=0)
    """How long the provider may wait for the answer. A quarter of it is for Kafka, the rest for the spool."""
    tokens: tuple[Secret, ...] = ()
    """For providers that cannot sign: one must follow the connection in the path; two live while they rotate."""
    asks_when_silent: bool = True
    """Whether the provider is asked about attempts that do not end, where it can be asked."""
    expects_reports_within_s: float | None = Field(None, gt=0)
    """An attempt that has not ended and is silent for so long is asked about, where the provider can be asked; as long
    as that provider's facts say when not given."""
    session_rules: str = "viber"
    """Which rules sessions keep here: `viber`, `viber-from-message` or `viber-older`, see sessions.md."""
    session_values: dict[str, Any] | None = None
    """Values of those rules that are others here, above all `price` and `currency` of a session by your contract."""

    @property
    def own(self) -> dict[str, Any]:
        """The members that only the provider's adapter understands."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        # The members of the adapter may be secrets, and nobody here knows which.
        return [(name, value) for name, value in super().__repr_args__() if name not in self.own]
