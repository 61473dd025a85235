-- The same from callbacks as they came, for a chain without stages between: Telesign's, and of those the send as a whole.
CREATE DATABASE IF NOT EXISTS bench;

CREATE TABLE bench.told (
    reference_id String,
    external_id Nullable(String),
    status Tuple(code Int32, description String, updated_on String, last_channel LowCardinality(String))
) ENGINE = Null;

CREATE TABLE bench.fact (
    event_id UInt64,
    root_id String,
    status LowCardinality(String),
    provider_code Int32,
    description String,
    channel LowCardinality(String),
    occurred_at DateTime('UTC')
) ENGINE = ReplacingMergeTree ORDER BY (toStartOfHour(occurred_at), event_id);

CREATE TABLE bench.hour (
    hour_at DateTime('UTC'),
    channel LowCardinality(String),
    status LowCardinality(String),
    report_count Int64
) ENGINE = SummingMergeTree(report_count) ORDER BY (hour_at, channel, status);

CREATE TABLE bench.attempt (
    root_id String,
    status LowCardinality(String),
    rank UInt8,
    occurred_at DateTime('UTC')
) ENGINE = ReplacingMergeTree(rank) ORDER BY root_id;

CREATE MATERIALIZED VIEW bench.to_fact TO bench.fact AS
SELECT
    sipHash64(reference_id, status.code, status.updated_on) AS event_id, reference_id AS root_id,
    transform(status.code, [3002, 3000, 3005, 201], ['sent', 'delivered', 'seen', 'seen'], 'unknown') AS status,
    status.code AS provider_code, status.description AS description, status.last_channel AS channel,
    coalesce(parseDateTimeBestEffortOrNull(substring(status.updated_on, 1, 19), 'UTC'), now('UTC')) AS occurred_at
FROM bench.told;

CREATE MATERIALIZED VIEW bench.to_hour TO bench.hour AS
SELECT
    toStartOfHour(coalesce(parseDateTimeBestEffortOrNull(substring(status.updated_on, 1, 19), 'UTC'), now('UTC')))
        AS hour_at,
    status.last_channel AS channel,
    transform(status.code, [3002, 3000, 3005, 201], ['sent', 'delivered', 'seen', 'seen'], 'unknown') AS status,
    count() AS report_count
FROM bench.told
GROUP BY ALL;

CREATE MATERIALIZED VIEW bench.to_attempt TO bench.attempt AS
SELECT
    reference_id AS root_id,
    transform(status.code, [3002, 3000, 3005, 201], ['sent', 'delivered', 'seen', 'seen'], 'unknown') AS status,
    transform(status.code, [3002, 3000, 3005, 201], [3, 8, 9, 9], 0)::UInt8 AS rank,
    coalesce(parseDateTimeBestEffortOrNull(substring(status.updated_on, 1, 19), 'UTC'), now('UTC')) AS occurred_at
FROM bench.told;
