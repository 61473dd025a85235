-- The same measures as `metrics` in buckets finer than an hour: from the facts, since counts are kept by the hour.
-- facts: first
-- parameters: from, to, first, beyond, bucket, step_min, time_zone, group_by, by_channel, with_latency, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH chosen_report AS (
    SELECT * FROM report WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

chosen_registration AS (
    SELECT * FROM registration WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

-- include: attempt_cells

cell AS (
    SELECT
        *,
        first_heard(attempt_id) AS moment_at,
        CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n,
        NULL::SMALLINT AS latency_bucket
    FROM attempt_cell
-- if: with_latency
    UNION ALL BY NAME
    SELECT
        * EXCLUDE (channel, status, reason, is_conflict, repeated_count)
        RENAME (latency_channel AS channel),
        first_heard(attempt_id) AS moment_at,
        attempt_count AS n,
        bucket_of(latency_ms) AS latency_bucket
    FROM attempt_cell
    WHERE $with_latency AND latency_ms IS NOT NULL
-- end: with_latency
),

-- include: measured
