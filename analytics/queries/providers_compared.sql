-- Providers side by side by country and channel. Compared are those with $least_samples ends or more in the span, and only
-- over the hours in which all of these sent something there; the others are told over all their hours. Channel entries
-- are counted.
-- parameters: from, to, least_samples, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT
        country,
        channel,
        provider,
        hour_at,
        sum(entry_count) AS sent,
        coalesce(sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen')), 0) AS delivered,
        coalesce(sum(entry_count) FILTER (WHERE status = 'seen'), 0) AS seen,
        coalesce(sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen') OR is_bad_end(status)), 0) AS ended
    FROM hour_delta
    WHERE
        hour_at >= $from AND hour_at < $to
-- include: wanted
    GROUP BY country, channel, provider, hour_at
    HAVING sum(entry_count) > 0
),

-- Where the country or the channel is not known, nobody can say that it was the same work.
rival AS (
    SELECT country, channel, provider
    FROM cell
    WHERE country IS NOT NULL AND channel IS NOT NULL
    GROUP BY country, channel, provider
    HAVING sum(ended) >= $least_samples
),

place AS (
    SELECT country, channel, count(*) AS compared_count FROM rival GROUP BY country, channel
),

shared AS (
    SELECT country, channel, hour_at
    FROM cell SEMI JOIN rival USING (country, channel, provider) JOIN place USING (country, channel)
    GROUP BY country, channel, hour_at
    HAVING count(*) = any_value(compared_count)
),

marked AS (
    SELECT
        cell.*,
        rival.provider IS NOT NULL AS is_compared,
        rival.provider IS NULL OR shared.hour_at IS NOT NULL AS is_counted
    FROM cell
    LEFT JOIN rival USING (country, channel, provider)
    LEFT JOIN shared USING (country, channel, hour_at)
),

latency AS (
    SELECT country, channel, provider, hour_at, bucket, attempt_count
    FROM (SELECT *, NULL AS status, NULL AS reason FROM latency_delta)
    WHERE
        hour_at >= $from AND hour_at < $to
-- include: wanted
),

histogram AS (
    SELECT
        country,
        channel,
        provider,
        bucket,
        sum(sum(attempt_count)) OVER (PARTITION BY country, channel, provider ORDER BY bucket)
        / sum(sum(attempt_count)) OVER (PARTITION BY country, channel, provider) AS share
    FROM latency
    LEFT JOIN rival USING (country, channel, provider)
    LEFT JOIN shared USING (country, channel, hour_at)
    WHERE rival.provider IS NULL OR shared.hour_at IS NOT NULL
    GROUP BY country, channel, provider, bucket
    HAVING sum(attempt_count) > 0
),

percentile AS (
    SELECT
        country,
        channel,
        provider,
        middle_of(min(bucket) FILTER (WHERE share >= 0.50)) AS latency_p50,
        middle_of(min(bucket) FILTER (WHERE share >= 0.95)) AS latency_p95
    FROM histogram
    GROUP BY country, channel, provider
),

counted AS (
    SELECT
        country,
        channel,
        provider,
        bool_or(is_compared) AS is_compared,
        count(*) FILTER (WHERE is_counted) AS hours,
        coalesce(sum(sent) FILTER (WHERE is_counted), 0)::BIGINT AS sent,
        coalesce(sum(ended) FILTER (WHERE is_counted), 0)::BIGINT AS ended,
        coalesce(sum(delivered) FILTER (WHERE is_counted), 0)::BIGINT AS delivered,
        coalesce(sum(seen) FILTER (WHERE is_counted), 0)::BIGINT AS seen
    FROM marked
    GROUP BY country, channel, provider
)

SELECT
    counted.*,
    coalesce(compared_count, 0) AS compared_count,
    latency_p50,
    latency_p95
FROM counted
LEFT JOIN place USING (country, channel)
LEFT JOIN percentile
    ON counted.country IS NOT DISTINCT FROM percentile.country
    AND counted.channel IS NOT DISTINCT FROM percentile.channel
    AND counted.provider = percentile.provider
ORDER BY counted.country NULLS LAST, counted.channel NULLS LAST, counted.provider
