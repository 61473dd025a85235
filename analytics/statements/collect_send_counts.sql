-- The hours in which sends were commanded that have moved, with what is kept of them.
CREATE OR REPLACE TEMP TABLE due_send_count AS
WITH came AS (
    SELECT * EXCLUDE (is_double), date_trunc('hour', commanded_at) AS hour_at, CASE WHEN is_double THEN side ELSE 0 END AS doubles
    FROM due_send
)

SELECT
    hour_at,
    account,
    step,
    channel,
    provider,
    connection,
    outcome,
    sum(send_count)::BIGINT AS send_count,
    sum(double_count)::BIGINT AS double_count
FROM (
    SELECT hour_at, account, step, channel, provider, connection, outcome, side AS send_count, doubles AS double_count FROM came
    UNION ALL BY NAME
    FROM send_count SEMI JOIN came USING (hour_at)
)
GROUP BY ALL
