-- Which buckets of a span changed behind batch $since, and in which batch last: those of the hours in which an attempt
-- was first heard of that something was told of. An hour changes with all the finer buckets in it.
-- parameters: from, to, bucket, step_min, time_zone, accounts, since
WITH changed_hour AS (
    SELECT hour_at, max(batch_id) AS revision
    FROM hour_revision
    WHERE
        hour_at >= date_trunc('hour', $from::TIMESTAMP) AND hour_at < $to::TIMESTAMP
        AND ($accounts IS NULL OR list_contains($accounts, account))
    GROUP BY hour_at
),

changed AS (
    SELECT
        unnest(generate_series(hour_at, hour_at + INTERVAL 59 MINUTE, to_minutes($step_min::BIGINT))) AS moment_at,
        revision
    FROM changed_hour
)

SELECT
-- include: bucket
    AS bucket_at,
    max(revision) AS revision
FROM changed
WHERE moment_at >= $from AND moment_at < $to
GROUP BY bucket_at
HAVING max(revision) > $since
ORDER BY bucket_at
