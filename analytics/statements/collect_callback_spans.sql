-- The hours in which batches up to and with $until bring callbacks, with what is kept of them.
CREATE OR REPLACE TEMP TABLE due_span AS
WITH came AS (
    SELECT date_trunc('hour', received_at) AS hour_at, provider, connection, received_at
    FROM callback
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT AND replay_of_offset IS NULL
)

SELECT hour_at, provider, connection, min(first_at) AS first_at, max(last_at) AS last_at
FROM (
    SELECT hour_at, provider, connection, received_at AS first_at, received_at AS last_at FROM came
    UNION ALL BY NAME
    FROM callback_span SEMI JOIN came USING (hour_at)
)
GROUP BY hour_at, provider, connection
