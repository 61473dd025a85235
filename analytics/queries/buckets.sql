-- All buckets of a span of time, those in which nothing happened too.
-- parameters: from, to, bucket, step_min, time_zone
SELECT DISTINCT
-- include: bucket
    AS bucket_at
FROM (
    SELECT unnest(
        generate_series($from::TIMESTAMP, $to::TIMESTAMP - INTERVAL 1 MICROSECOND, to_minutes($step_min::BIGINT))
    ) AS moment_at
)
ORDER BY bucket_at
