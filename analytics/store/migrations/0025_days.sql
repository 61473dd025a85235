-- Up to which batch the hours are sealed: the days below have what these batches counted, and no other.
CREATE MACRO sealed_until() AS (SELECT coalesce(max(batch_id), 0) FROM sealed_batch);

-- The same counts as in hour_delta, latency_delta, price_delta and trust_delta by the day (UTC): at any moment the sums of all
-- their rows of batches up to and with sealed_until(). A cell has one row that is merged, and those that were added since.
CREATE TABLE day_count (
    day_at TIMESTAMP NOT NULL,
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
    is_merged BOOLEAN NOT NULL
);

-- By no campaign and no sender, of which there may be thousands, each with a histogram of its own.
CREATE TABLE day_latency (
    day_at TIMESTAMP NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    bucket SMALLINT,
    attempt_count BIGINT,
    is_merged BOOLEAN NOT NULL
);

CREATE TABLE day_price (
    day_at TIMESTAMP NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    status VARCHAR,
    reason VARCHAR,
    currency VARCHAR,
    is_fallback BOOLEAN,
    attempt_count BIGINT,
    entry_count BIGINT,
    attempt_cost DECIMAL(38, 6),
    entry_cost DECIMAL(38, 6),
    is_merged BOOLEAN NOT NULL
);

CREATE TABLE day_trust (
    day_at TIMESTAMP NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    fact VARCHAR,
    value BIGINT,
    n BIGINT,
    is_merged BOOLEAN NOT NULL
);

INSERT INTO day_count BY NAME
SELECT
    date_trunc('day', hour_at) AS day_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    status,
    reason,
    is_conflict,
    sum(attempt_count) AS attempt_count,
    sum(entry_count) AS entry_count,
    sum(repeated_count) AS repeated_count,
    true AS is_merged
FROM hour_delta
WHERE batch_id <= sealed_until()
GROUP BY ALL
ORDER BY ALL;

INSERT INTO day_latency BY NAME
SELECT
    date_trunc('day', hour_at) AS day_at,
    account,
    provider,
    connection,
    channel,
    country,
    bucket,
    sum(attempt_count) AS attempt_count,
    true AS is_merged
FROM latency_delta
WHERE batch_id <= sealed_until()
GROUP BY ALL
ORDER BY ALL;

INSERT INTO day_price BY NAME
SELECT
    date_trunc('day', hour_at) AS day_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    status,
    reason,
    currency,
    is_fallback,
    sum(attempt_count) AS attempt_count,
    sum(entry_count) AS entry_count,
    sum(attempt_cost) AS attempt_cost,
    sum(entry_cost) AS entry_cost,
    true AS is_merged
FROM price_delta
WHERE batch_id <= sealed_until()
GROUP BY ALL
ORDER BY ALL;

INSERT INTO day_trust BY NAME
SELECT
    date_trunc('day', hour_at) AS day_at,
    account,
    provider,
    connection,
    channel,
    country,
    fact,
    value,
    sum(n) AS n,
    true AS is_merged
FROM trust_delta
WHERE batch_id <= sealed_until()
GROUP BY ALL
ORDER BY ALL;
