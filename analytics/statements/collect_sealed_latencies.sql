-- One row per cell for the hours that have changed since batch $sealed. batch_id stays that of the newest change.
CREATE OR REPLACE TEMP TABLE sealed_latencies AS
SELECT
    hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    bucket,
    sum(attempt_count)::BIGINT AS attempt_count,
    max(batch_id) AS batch_id
FROM latency_delta
WHERE hour_at IN (SELECT hour_at FROM latency_delta WHERE batch_id > $sealed)
GROUP BY ALL
