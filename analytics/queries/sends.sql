-- How many sends were commanded in a span of time, by step, channel, provider and connection, and what came of them. Whole
-- hours are counted already, but for what the newest batches tell of their sends.
-- parameters: accounts, from, to, until
WITH
span AS (
    SELECT
        coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP) AS begin_at,
        coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP) AS end_at,
        coalesce(
            date_trunc('hour', $from::TIMESTAMP + INTERVAL 1 HOUR - INTERVAL 1 MICROSECOND), '-infinity'::TIMESTAMP
        ) AS first_hour_at,
        coalesce(date_trunc('hour', $to::TIMESTAMP), 'infinity'::TIMESTAMP) AS last_hour_at
),

wanted AS (
    SELECT message_id FROM command, span WHERE told_at >= begin_at AND told_at < least(first_hour_at, end_at)
    UNION ALL
    SELECT message_id FROM command, span WHERE told_at >= greatest(first_hour_at, last_hour_at) AND told_at < end_at
),

-- include: send_heard
,

-- include: send_moved
,

counted AS (
    SELECT step, channel, provider, connection, outcome, send_count
    FROM send_count, span
    WHERE
        hour_at >= first_hour_at AND hour_at < last_hour_at
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL
    SELECT step, channel, provider, connection, outcome, side AS send_count
    FROM moved, span
    WHERE
        commanded_at >= begin_at AND commanded_at < end_at
        AND (side = 1 OR (commanded_at >= first_hour_at AND commanded_at < last_hour_at))
        AND ($accounts IS NULL OR list_contains($accounts, account))
)

SELECT step, channel, provider, connection, outcome, sum(send_count)::BIGINT AS send_count
FROM counted
GROUP BY step, channel, provider, connection, outcome
HAVING sum(send_count) <> 0
ORDER BY step, channel, provider, connection, outcome_rank(outcome) DESC
