-- Providers side by side by country and channel. Compared are those with $least_samples ends or more in the span, and only
-- over the hours in which all of these sent something there; the others are told over all their hours. Channel entries
-- are counted.
-- parameters: from, to, days_from, days_to, day_apart, sealed, least_samples, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH sent_hour AS (
    SELECT country, channel, provider, hour_at
    FROM hour_delta
    WHERE
        hour_at >= $from AND hour_at < $to
-- include: wanted
    GROUP BY country, channel, provider, hour_at
    HAVING sum(entry_count) > 0
),

ended AS (
    SELECT
        country,
        channel,
        provider,
        moment_at,
        is_day,
        sum(entry_count) AS sent,
        sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen')) AS delivered,
        sum(entry_count) FILTER (WHERE status = 'seen') AS seen,
        sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen') OR is_bad_end(status)) AS ended
    FROM (
-- include: cells hours=hour_delta days=day_count
    )
    WHERE
        true
-- include: wanted
    GROUP BY country, channel, provider, moment_at, is_day
),

-- Where the country or the channel is not known, nobody can say that it was the same work.
rival AS (
    SELECT country, channel, provider
    FROM ended
    WHERE country IS NOT NULL AND channel IS NOT NULL
    GROUP BY country, channel, provider
    HAVING sum(sent) > 0 AND coalesce(sum(ended), 0) >= $least_samples
),

place AS (
    SELECT country, channel, count(*) AS compared_count FROM rival GROUP BY country, channel
),

shared AS (
    SELECT country, channel, hour_at
    FROM sent_hour SEMI JOIN rival USING (country, channel, provider) JOIN place USING (country, channel)
    GROUP BY country, channel, hour_at
    HAVING count(*) = any_value(compared_count)
),

-- What is not counted of those that are compared: hours, and days with such an hour, of which the other hours are counted
-- by themselves.
unshared_hour AS (
    SELECT country, channel, hour_at
    FROM (
        SELECT
            country,
            channel,
            unnest(generate_series($from::TIMESTAMP, $to::TIMESTAMP - INTERVAL 1 MICROSECOND, INTERVAL 1 HOUR)) AS hour_at
        FROM place
    )
    ANTI JOIN shared USING (country, channel, hour_at)
),

-- if: days_from
unshared_day AS (
    SELECT DISTINCT country, channel, date_trunc('day', hour_at) AS day_at
    FROM unshared_hour
    WHERE hour_at >= $days_from::TIMESTAMP AND hour_at < $days_to::TIMESTAMP
),

shared_part AS (
    SELECT country, channel, provider, hour_at
    FROM shared JOIN rival USING (country, channel)
    SEMI JOIN unshared_day ON
        shared.country = unshared_day.country
        AND shared.channel = unshared_day.channel
        AND date_trunc('day', shared.hour_at) = unshared_day.day_at
),

-- end: days_from
unshared AS (
    SELECT country, channel, provider, hour_at AS moment_at, false AS is_day
    FROM unshared_hour JOIN rival USING (country, channel)
-- if: days_from
    UNION ALL
    SELECT country, channel, provider, day_at AS moment_at, true AS is_day
    FROM unshared_day JOIN rival USING (country, channel)
-- end: days_from
),

arrived AS (
    SELECT country, channel, provider, bucket, attempt_count
    FROM (
        SELECT *, NULL AS status, NULL AS reason
        FROM (
-- include: cells hours=latency_delta days=day_latency
        )
    )
    ANTI JOIN unshared USING (country, channel, provider, moment_at, is_day)
    WHERE
        true
-- include: wanted
-- if: days_from
    UNION ALL
    SELECT country, channel, provider, bucket, attempt_count
    FROM (SELECT *, NULL AS status, NULL AS reason FROM latency_delta)
    SEMI JOIN shared_part USING (country, channel, provider, hour_at)
    WHERE
        batch_id <= $sealed::BIGINT
-- include: wanted
-- end: days_from
),

histogram AS (
    SELECT
        country,
        channel,
        provider,
        bucket,
        sum(sum(attempt_count)) OVER (PARTITION BY country, channel, provider ORDER BY bucket)
        / sum(sum(attempt_count)) OVER (PARTITION BY country, channel, provider) AS share
    FROM arrived
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
        rival.provider IS NOT NULL AS is_compared,
        count(*) FILTER (WHERE rival.provider IS NULL OR shared.hour_at IS NOT NULL) AS hours
    FROM sent_hour
    LEFT JOIN rival USING (country, channel, provider)
    LEFT JOIN shared USING (country, channel, hour_at)
    GROUP BY country, channel, provider, is_compared
),

chosen AS (
    FROM ended ANTI JOIN unshared USING (country, channel, provider, moment_at, is_day)
-- if: days_from
    UNION ALL BY NAME
    SELECT
        country,
        channel,
        provider,
        entry_count AS sent,
        CASE WHEN status IN ('delivered', 'seen') THEN entry_count END AS delivered,
        CASE WHEN status = 'seen' THEN entry_count END AS seen,
        CASE WHEN status IN ('delivered', 'seen') OR is_bad_end(status) THEN entry_count END AS ended
    FROM hour_delta SEMI JOIN shared_part USING (country, channel, provider, hour_at)
    WHERE
        batch_id <= $sealed::BIGINT
-- include: wanted
-- end: days_from
),

summed AS (
    SELECT
        country,
        channel,
        provider,
        coalesce(sum(sent), 0)::BIGINT AS sent,
        coalesce(sum(ended), 0)::BIGINT AS ended,
        coalesce(sum(delivered), 0)::BIGINT AS delivered,
        coalesce(sum(seen), 0)::BIGINT AS seen
    FROM chosen
    GROUP BY country, channel, provider
)

SELECT
    counted.*,
    coalesce(summed.sent, 0) AS sent,
    coalesce(summed.ended, 0) AS ended,
    coalesce(summed.delivered, 0) AS delivered,
    coalesce(summed.seen, 0) AS seen,
    coalesce(compared_count, 0) AS compared_count,
    latency_p50,
    latency_p95
FROM counted
LEFT JOIN place USING (country, channel)
LEFT JOIN summed
    ON counted.country IS NOT DISTINCT FROM summed.country
    AND counted.channel IS NOT DISTINCT FROM summed.channel
    AND counted.provider = summed.provider
LEFT JOIN percentile
    ON counted.country IS NOT DISTINCT FROM percentile.country
    AND counted.channel IS NOT DISTINCT FROM percentile.channel
    AND counted.provider = percentile.provider
ORDER BY counted.country NULLS LAST, counted.channel NULLS LAST, counted.provider
