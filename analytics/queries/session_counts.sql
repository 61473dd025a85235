-- Sessions with people that opened in [from, to), by bucket, dimensions and currency: the last word that was told of each
-- stands. What is open has no cost yet.
-- parameters: from, to, bucket, step_min, time_zone, group_by, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH last_word AS (
    SELECT arg_max(kafka_partition, kafka_offset) AS kafka_partition, max(kafka_offset) AS kafka_offset
    FROM session_word
    WHERE
        told IN ('opened', 'started', 'closed', 'corrected')
        AND ($accounts IS NULL OR list_contains($accounts, account))
    GROUP BY session_id
),

cell AS (
    SELECT
        *,
        opened_at AS moment_at,
        NULL AS channel,
        NULL AS country,
        NULL AS campaign,
        NULL AS status,
        NULL AS reason
    FROM session_word SEMI JOIN last_word USING (kafka_partition, kafka_offset)
    WHERE NOT is_void AND opened_at >= $from AND opened_at < $to
),

chosen AS (
    SELECT
-- include: place
        AS place,
        CASE WHEN closed_at IS NOT NULL AND is_billed THEN currency END AS currency,
        started_at IS NOT NULL AS is_started,
        closed_at IS NOT NULL AS is_closed,
        closed_at IS NOT NULL AND coalesce(is_billed, false) AS is_billed,
        CASE WHEN closed_at IS NOT NULL THEN business_count END AS business_count,
        CASE WHEN closed_at IS NOT NULL THEN user_count END AS user_count,
        CASE WHEN closed_at IS NOT NULL AND is_billed THEN cost END AS cost
    FROM cell
    WHERE
        true
-- include: wanted
)

SELECT
    unnest(place),
    currency,
    count(*) AS sessions,
    count_if(is_started) AS started,
    count_if(is_closed) AS closed,
    count_if(is_billed) AS billed,
    coalesce(sum(business_count), 0)::BIGINT AS business_count,
    coalesce(sum(user_count), 0)::BIGINT AS user_count,
    sum(cost) AS cost
FROM chosen
GROUP BY place, currency
ORDER BY place, currency NULLS LAST
