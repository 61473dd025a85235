-- Measures of the attempts first heard of in [from, to), by bucket and dimensions; with by_channel, channel entries are
-- counted instead of attempts. A dimension as a parameter is a filter, null for all.
-- parameters: from, to, bucket, time_zone, group_by, by_channel, with_latency, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT *, CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n
    FROM hour_delta
    UNION ALL BY NAME
    SELECT * RENAME (bucket AS latency_bucket), attempt_count AS n
    FROM latency_delta
    WHERE $with_latency
),

chosen AS (
    SELECT
        {
            'bucket_at': CASE $bucket
                WHEN 'hour' THEN hour_at
                WHEN 'day' THEN
                    date_trunc('day', hour_at AT TIME ZONE 'UTC' AT TIME ZONE $time_zone)
                    AT TIME ZONE $time_zone AT TIME ZONE 'UTC'
            END,
            'account': CASE WHEN list_contains($group_by, 'account') THEN account END,
            'provider': CASE WHEN list_contains($group_by, 'provider') THEN provider END,
            'connection': CASE WHEN list_contains($group_by, 'connection') THEN connection END,
            'channel': CASE WHEN list_contains($group_by, 'channel') THEN channel END,
            'country': CASE WHEN list_contains($group_by, 'country') THEN country END,
            'campaign': CASE WHEN list_contains($group_by, 'campaign') THEN campaign END,
            'sender': CASE WHEN list_contains($group_by, 'sender') THEN sender END,
            'status': CASE WHEN list_contains($group_by, 'status') THEN status END,
            'reason': CASE WHEN list_contains($group_by, 'reason') THEN reason END
        } AS place,
        status,
        is_conflict,
        repeated_count,
        latency_bucket,
        n
    FROM cell
    WHERE
        hour_at >= $from AND hour_at < $to
-- include: wanted
),

counted AS (
    SELECT
        place,
        sum(n) AS sent,
        sum(n) FILTER (WHERE status IN ('accepted', 'queued', 'sent')) AS pending,
        sum(n) FILTER (WHERE status IN ('delivered', 'seen')) AS delivered,
        sum(n) FILTER (WHERE status = 'seen') AS seen,
        sum(n) FILTER (WHERE status = 'undelivered') AS undelivered,
        sum(n) FILTER (WHERE status = 'expired') AS expired,
        sum(n) FILTER (WHERE status = 'rejected') AS rejected,
        sum(n) FILTER (WHERE status = 'failed') AS failed,
        sum(n) FILTER (WHERE status = 'unknown') AS unknown_count,
        sum(n) FILTER (WHERE is_conflict) AS conflicts,
        sum(repeated_count) AS repeated
    FROM chosen
    WHERE latency_bucket IS NULL
    GROUP BY place
),

histogram AS (
    SELECT place, latency_bucket, sum(n) AS n
    FROM chosen
    WHERE latency_bucket IS NOT NULL
    GROUP BY place, latency_bucket
    HAVING sum(n) > 0
),

cumulated AS (
    SELECT
        place,
        latency_bucket,
        sum(n) OVER (PARTITION BY place ORDER BY latency_bucket) / sum(n) OVER (PARTITION BY place) AS share
    FROM histogram
),

percentile AS (
    SELECT
        place,
        middle_of(min(latency_bucket) FILTER (WHERE share >= 0.50)) AS latency_p50,
        middle_of(min(latency_bucket) FILTER (WHERE share >= 0.95)) AS latency_p95,
        middle_of(min(latency_bucket) FILTER (WHERE share >= 0.99)) AS latency_p99
    FROM cumulated
    GROUP BY place
),

measured AS (
    SELECT
        place,
        coalesce(max(sent), 0)::BIGINT AS sent,
        coalesce(max(pending), 0)::BIGINT AS pending,
        coalesce(max(delivered), 0)::BIGINT AS delivered,
        coalesce(max(seen), 0)::BIGINT AS seen,
        coalesce(max(undelivered), 0)::BIGINT AS undelivered,
        coalesce(max(expired), 0)::BIGINT AS expired,
        coalesce(max(rejected), 0)::BIGINT AS rejected,
        coalesce(max(failed), 0)::BIGINT AS failed,
        coalesce(max(unknown_count), 0)::BIGINT AS unknown_count,
        coalesce(max(conflicts), 0)::BIGINT AS conflicts,
        coalesce(max(repeated), 0)::BIGINT AS repeated,
        max(latency_p50) AS latency_p50,
        max(latency_p95) AS latency_p95,
        max(latency_p99) AS latency_p99
    FROM (SELECT * FROM counted UNION ALL BY NAME SELECT * FROM percentile)
    GROUP BY place
    HAVING max(sent) <> 0 OR max(repeated) <> 0 OR max(latency_p50) IS NOT NULL
)

SELECT
    unnest(place),
    * EXCLUDE (place),
    delivered / nullif(sent, 0) AS delivery_rate,
    seen / nullif(delivered, 0) AS seen_rate
FROM measured
ORDER BY place
