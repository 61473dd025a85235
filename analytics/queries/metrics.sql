-- Measures of the attempts first heard of in [from, to), by bucket and dimensions; with by_channel, channel entries are
-- counted instead of attempts. A dimension as a parameter is a filter, null for all.
-- parameters: from, to, days_from, days_to, day_apart, sealed, bucket, step_min, time_zone
-- parameters: group_by, by_channel, with_latency, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT *, CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n, NULL::SMALLINT AS latency_bucket
    FROM (
-- include: cells hours=hour_delta days=day_count
    )
-- if: with_latency
    UNION ALL BY NAME
    SELECT * RENAME (bucket AS latency_bucket), attempt_count AS n
    FROM (
-- include: cells hours=latency_delta days=day_latency
    )
    WHERE $with_latency
-- end: with_latency
),

-- include: measured
