-- How many attempts arrived in time, by connection and channel: of those that began in [recent, until), and of those that
-- began in [from, recent).
-- parameters: first, until, beyond, recent, within_s, accounts
WITH
-- include: routes_between
,

judged AS (
    SELECT
        *,
        began_at >= $recent::TIMESTAMP AS is_recent,
        coalesce(arrived_at <= began_at + to_seconds($within_s::DOUBLE), false) AS is_in_time
    FROM attempt
    WHERE attempt_id < $until::UUID
)

SELECT
    max(account) AS account,
    provider,
    connection,
    channel,
    count(*) FILTER (WHERE is_recent) AS recent_n,
    count(*) FILTER (WHERE is_recent AND is_in_time) AS recent_hits,
    count(*) FILTER (WHERE NOT is_recent) AS before_n,
    count(*) FILTER (WHERE NOT is_recent AND is_in_time) AS before_hits
FROM judged
GROUP BY provider, connection, channel
ORDER BY provider, connection, channel NULLS FIRST
