-- One row per cell for the hours that have changed since batch $sealed. batch_id stays that of the newest change.
CREATE OR REPLACE TEMP TABLE sealed_trusts AS
SELECT
    hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    fact,
    value,
    sum(n)::BIGINT AS n,
    max(batch_id) AS batch_id
FROM trust_delta
WHERE hour_at IN (SELECT hour_at FROM trust_delta WHERE batch_id > $sealed)
GROUP BY ALL
