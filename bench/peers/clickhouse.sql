-- What the store keeps of updates, as ClickHouse wants it: the facts, and rollups that follow from each insert.
CREATE DATABASE IF NOT EXISTS bench;

CREATE TABLE bench.told (
    verdict LowCardinality(String),
    attempt_id UUID,
    message_id Nullable(UUID),
    status LowCardinality(String),
    previous_status LowCardinality(String),
    item_status LowCardinality(String),
    is_conflict Bool,
    sent_at Nullable(DateTime64(3, 'UTC')),
    delivered_at Nullable(DateTime64(3, 'UTC')),
    latency_ms Nullable(Int64),
    report Tuple(
        event_id UUID,
        provider LowCardinality(String),
        connection LowCardinality(String),
        account LowCardinality(String),
        root_id String,
        provider_message_id String,
        scope LowCardinality(String),
        status LowCardinality(String),
        provider_code LowCardinality(String),
        reason LowCardinality(String),
        description String,
        channel LowCardinality(String),
        country LowCardinality(String),
        operator LowCardinality(String),
        campaign LowCardinality(String),
        sender LowCardinality(String),
        recipient String,
        occurred_at Nullable(DateTime64(3, 'UTC')),
        received_at DateTime64(3, 'UTC'),
        price Nullable(Decimal(18, 6)),
        currency LowCardinality(String)
    )
) ENGINE = Null;

CREATE TABLE bench.fact (
    event_id UUID,
    attempt_id UUID,
    message_id Nullable(UUID),
    verdict LowCardinality(String),
    attempt_status LowCardinality(String),
    previous_status LowCardinality(String),
    is_conflict Bool,
    latency_ms Nullable(Int64),
    provider LowCardinality(String),
    connection LowCardinality(String),
    account LowCardinality(String),
    root_id String,
    provider_message_id String,
    status LowCardinality(String),
    provider_code LowCardinality(String),
    reason LowCardinality(String),
    description String,
    channel LowCardinality(String),
    country LowCardinality(String),
    operator LowCardinality(String),
    campaign LowCardinality(String),
    sender LowCardinality(String),
    recipient_hash UInt64,
    occurred_at Nullable(DateTime64(3, 'UTC')),
    received_at DateTime64(3, 'UTC'),
    price Nullable(Decimal(18, 6)),
    currency LowCardinality(String)
) ENGINE = ReplacingMergeTree ORDER BY (toStartOfHour(received_at), event_id);

CREATE TABLE bench.hour (
    hour_at DateTime('UTC'),
    account LowCardinality(String),
    provider LowCardinality(String),
    connection LowCardinality(String),
    channel LowCardinality(String),
    country LowCardinality(String),
    campaign LowCardinality(String),
    sender LowCardinality(String),
    status LowCardinality(String),
    reason LowCardinality(String),
    currency LowCardinality(String),
    report_count Int64,
    price_sum Decimal(38, 6)
) ENGINE = SummingMergeTree((report_count, price_sum))
ORDER BY (hour_at, account, provider, connection, channel, country, campaign, sender, status, reason, currency);

CREATE TABLE bench.latency (
    hour_at DateTime('UTC'),
    account LowCardinality(String),
    provider LowCardinality(String),
    connection LowCardinality(String),
    channel LowCardinality(String),
    country LowCardinality(String),
    campaign LowCardinality(String),
    sender LowCardinality(String),
    bucket Int32,
    attempt_count Int64
) ENGINE = SummingMergeTree(attempt_count)
ORDER BY (hour_at, account, provider, connection, channel, country, campaign, sender, bucket);

CREATE TABLE bench.attempt (
    attempt_id UUID,
    status LowCardinality(String),
    rank UInt8,
    received_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(rank) ORDER BY attempt_id;

CREATE MATERIALIZED VIEW bench.to_fact TO bench.fact AS
SELECT
    report.event_id AS event_id, attempt_id, message_id, verdict, status AS attempt_status, previous_status,
    is_conflict, latency_ms, report.provider AS provider, report.connection AS connection, report.account AS account,
    report.root_id AS root_id, report.provider_message_id AS provider_message_id, report.status AS status,
    report.provider_code AS provider_code, report.reason AS reason, report.description AS description,
    report.channel AS channel, report.country AS country, report.operator AS operator, report.campaign AS campaign,
    report.sender AS sender, sipHash64(report.recipient) AS recipient_hash, report.occurred_at AS occurred_at,
    report.received_at AS received_at, report.price AS price, report.currency AS currency
FROM bench.told;

CREATE MATERIALIZED VIEW bench.to_hour TO bench.hour AS
SELECT
    toStartOfHour(report.received_at) AS hour_at, report.account AS account, report.provider AS provider,
    report.connection AS connection, report.channel AS channel, report.country AS country,
    report.campaign AS campaign, report.sender AS sender, report.status AS status, report.reason AS reason,
    report.currency AS currency, count() AS report_count, sum(coalesce(report.price, 0)) AS price_sum
FROM bench.told
GROUP BY ALL;

CREATE MATERIALIZED VIEW bench.to_latency TO bench.latency AS
SELECT
    toStartOfHour(report.received_at) AS hour_at, report.account AS account, report.provider AS provider,
    report.connection AS connection, report.channel AS channel, report.country AS country,
    report.campaign AS campaign, report.sender AS sender,
    toInt32(floor(log(greatest(latency_ms, 1)) / log(1.04))) AS bucket, count() AS attempt_count
FROM bench.told
WHERE isNotNull(latency_ms)
GROUP BY ALL;

CREATE MATERIALIZED VIEW bench.to_attempt TO bench.attempt AS
SELECT attempt_id, status, indexOf(
    ['accepted', 'queued', 'sent', 'undelivered', 'expired', 'rejected', 'failed', 'delivered', 'seen'], status
)::UInt8 AS rank, report.received_at AS received_at
FROM bench.told;
