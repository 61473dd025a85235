-- One row per cell for the hours that have changed since batch $sealed. batch_id stays that of the newest change.
CREATE OR REPLACE TEMP TABLE sealed_prices AS
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
    currency,
    is_fallback,
    sum(attempt_count)::BIGINT AS attempt_count,
    sum(entry_count)::BIGINT AS entry_count,
    sum(attempt_cost) AS attempt_cost,
    sum(entry_cost) AS entry_cost,
    max(batch_id) AS batch_id
FROM price_delta
WHERE hour_at IN (SELECT hour_at FROM price_delta WHERE batch_id > $sealed)
GROUP BY ALL
