-- One row per cell for the hours that have changed since batch $sealed. batch_id stays that of the newest change.
CREATE OR REPLACE TEMP TABLE sealed_hours AS
SELECT
    hour_at,
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
    sum(attempt_count)::BIGINT AS attempt_count,
    sum(entry_count)::BIGINT AS entry_count,
    sum(repeated_count)::BIGINT AS repeated_count,
    max(batch_id) AS batch_id
FROM hour_delta
WHERE hour_at IN (SELECT hour_at FROM hour_delta WHERE batch_id > $sealed)
GROUP BY ALL
