-- The store: facts in the order they came, signed deltas per batch, append-only offsets and marks. Rows are only ever
-- inserted, so nothing here needs a key or an index, and a batch can be undone by not committing it.
-- Times are UTC without a zone. Closed sets are text: a new member needs no migration.
-- kafka_* is a record's own place in its topic; cause_* is the item of the callback that it stems from.

-- Every accepted HTTP request of a provider; its bytes stay on Kafka at this place.
CREATE TABLE callback (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    size INTEGER,
    batch_id BIGINT NOT NULL
);

-- Every report with its verdict, and where its attempt stood after it. `status` is what this report says.
CREATE TABLE report (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    cause_partition SMALLINT NOT NULL,
    cause_offset BIGINT NOT NULL,
    cause_index INTEGER NOT NULL,
    cause_items INTEGER NOT NULL,
    event_id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    message_id UUID,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    root_id VARCHAR NOT NULL,
    provider_message_id VARCHAR NOT NULL,
    external_id VARCHAR,
    part VARCHAR,
    scope VARCHAR NOT NULL,
    channel VARCHAR,
    country VARCHAR,
    operator VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    recipient_hash UBIGINT,
    verdict VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    item_status VARCHAR,
    attempt_status VARCHAR NOT NULL,
    previous_status VARCHAR,
    is_conflict BOOLEAN,
    is_new_conflict BOOLEAN,
    provider_code VARCHAR NOT NULL,
    error_code VARCHAR,
    reason VARCHAR,
    description VARCHAR,
    is_permanent BOOLEAN,
    occurred_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    delivered_at TIMESTAMP,
    latency_ms BIGINT,
    price DECIMAL(18, 6),
    currency VARCHAR,
    source VARCHAR,
    batch_id BIGINT NOT NULL
);

-- Every registration of an attempt; released_* say how many parked reports it freed.
CREATE TABLE registration (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    attempt_id UUID NOT NULL,
    message_id UUID NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    root_id VARCHAR NOT NULL,
    external_id VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    recipient_hash UBIGINT,
    attempt_status VARCHAR NOT NULL,
    previous_status VARCHAR,
    is_conflict BOOLEAN,
    registered_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    delivered_at TIMESTAMP,
    latency_ms BIGINT,
    released_applied_count INTEGER,
    released_outranked_count INTEGER,
    batch_id BIGINT NOT NULL
);

-- What people sent to our senders. Their words stay on Kafka.
CREATE TABLE inbound (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    cause_partition SMALLINT NOT NULL,
    cause_offset BIGINT NOT NULL,
    cause_index INTEGER NOT NULL,
    cause_items INTEGER NOT NULL,
    event_id UUID NOT NULL,
    verdict VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    channel VARCHAR,
    country VARCHAR,
    kind VARCHAR NOT NULL,
    provider_message_id VARCHAR,
    reply_to VARCHAR,
    part VARCHAR,
    author_hash UBIGINT,
    addressee VARCHAR,
    occurred_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    batch_id BIGINT NOT NULL
);

-- What happened around messages: clicks, subscriptions, progress.
CREATE TABLE signal (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    cause_partition SMALLINT NOT NULL,
    cause_offset BIGINT NOT NULL,
    cause_index INTEGER NOT NULL,
    cause_items INTEGER NOT NULL,
    event_id UUID NOT NULL,
    verdict VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    channel VARCHAR,
    kind VARCHAR NOT NULL,
    provider_message_id VARCHAR,
    recipient_hash UBIGINT,
    occurred_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    batch_id BIGINT NOT NULL
);

-- What was put aside. `body` holds the first 64 KiB of `size` bytes; the whole is on Kafka at this place.
CREATE TABLE dead_letter (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    cause_partition SMALLINT NOT NULL,
    cause_offset BIGINT NOT NULL,
    cause_index INTEGER NOT NULL,
    cause_items INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    reason VARCHAR,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    received_at TIMESTAMP NOT NULL,
    content_type VARCHAR,
    size INTEGER,
    body BLOB,
    batch_id BIGINT NOT NULL
);

-- Records on our own topics that are not what the topic promises. They explain no item.
CREATE TABLE unreadable (
    topic VARCHAR,
    kafka_partition SMALLINT,
    kafka_offset BIGINT,
    reason VARCHAR,
    batch_id BIGINT
);

-- Signed changes of the counts by the hour in which attempts were first heard of. attempt_count counts attempts,
-- entry_count channel entries: an attempt on one channel is one of each, a cascade is one attempt and several entries.
CREATE TABLE hour_delta (
    hour_at TIMESTAMP,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    status VARCHAR,
    reason VARCHAR,
    is_conflict BOOLEAN,
    attempt_count BIGINT,
    entry_count BIGINT,
    repeated_count BIGINT,
    batch_id BIGINT
);

-- Signed changes of the histogram of sent-to-delivered times; bucket b holds (1.04^(b-1), 1.04^b] ms.
CREATE TABLE latency_delta (
    hour_at TIMESTAMP,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    bucket SMALLINT,
    attempt_count BIGINT,
    batch_id BIGINT
);

-- The next offset to read, per partition; the newest row counts. Written in the transaction of the rows.
CREATE TABLE offsets (
    topic VARCHAR,
    kafka_partition SMALLINT,
    next_offset BIGINT,
    batch_id BIGINT,
    committed_at TIMESTAMP
);

-- The newest place taken from each source partition; what is at or below it is a repeat of a crash upstream.
CREATE TABLE marks (
    topic VARCHAR,
    kafka_partition SMALLINT,
    source_topic VARCHAR,
    source_partition SMALLINT,
    source_offset BIGINT,
    source_item INTEGER,
    batch_id BIGINT
);

-- What is settled: below these places every callback is wholly explained, and these are the sums.
CREATE TABLE settled_place (
    kafka_partition SMALLINT,
    below BIGINT,
    batch_id BIGINT
);

CREATE TABLE settled_count (
    provider VARCHAR,
    received BIGINT,
    applied BIGINT,
    repeated BIGINT,
    outranked BIGINT,
    parked BIGINT,
    quarantined BIGINT,
    batch_id BIGINT
);
