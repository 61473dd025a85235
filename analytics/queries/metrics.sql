-- Measures of the attempts first heard of in [from, to), by bucket and dimensions; with by_channel, channel entries are
-- counted instead of attempts. A dimension as a parameter is a filter, null for all.
-- parameters: from, to, bucket, step_min, time_zone, group_by, by_channel, with_latency, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT
        * RENAME (hour_at AS moment_at),
        CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n,
        NULL::SMALLINT AS latency_bucket
    FROM hour_delta
-- if: with_latency
    UNION ALL BY NAME
    SELECT * RENAME (hour_at AS moment_at, bucket AS latency_bucket), attempt_count AS n
    FROM latency_delta
    WHERE $with_latency
-- end: with_latency
),

-- include: measured
