-- The same as `costs` in buckets finer than an hour: from the facts, since costs are kept by the hour.
-- facts: first
-- parameters: first, beyond, by_channel
-- parameters: from, to, bucket, step_min, time_zone, group_by, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH chosen_report AS (
    SELECT * FROM report WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

chosen_registration AS (
    SELECT * FROM registration WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

-- include: attempt_cells

reported_item AS (
    SELECT
        attempt_id,
        any_value(leg_of(root_id, provider_message_id, part)) AS leg,
        bool_and(scope = 'transaction') AS is_whole,
        arg_max(price, price_order(price, currency)) AS price,
        arg_max(currency, price_order(price, currency)) AS currency
    FROM chosen_report
    WHERE price IS NOT NULL AND currency IS NOT NULL
    GROUP BY attempt_id, provider_message_id, part
),

reported AS (
    SELECT *
    FROM reported_item
    QUALIFY NOT is_whole OR bool_and(is_whole) OVER (PARTITION BY attempt_id)
),

registered AS (
    SELECT
        attempt_id,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        any_value(root_id) AS root_id,
        max(message_id) AS message_id
    FROM chosen_registration
    GROUP BY attempt_id
),

taken AS (
    SELECT
        attempt_id,
        max(step) > 0 AS is_fallback,
        arg_max(price, price_order(price, currency)) AS price,
        arg_max(currency, price_order(price, currency)) AS currency
    FROM outcome JOIN registered USING (message_id, provider, connection, root_id)
    WHERE outcome = 'accepted'
    GROUP BY attempt_id
),

item AS (
    SELECT attempt_id, leg, price, currency FROM reported
    UNION ALL
    SELECT attempt_id, NULL AS leg, price, currency
    FROM taken ANTI JOIN reported USING (attempt_id)
    WHERE currency IS NOT NULL
),

spent AS (
    SELECT attempt_id, CASE WHEN $by_channel THEN leg END AS leg, currency, sum(price) AS cost
    FROM item
    GROUP BY ALL
),

cell AS (
    SELECT
        attempt_cell.*,
        first_heard(attempt_id) AS moment_at,
        CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n,
        coalesce(is_fallback, false) AS is_fallback,
        currency,
        cost
    FROM attempt_cell
    LEFT JOIN (SELECT attempt_id, is_fallback FROM taken) AS fallback USING (attempt_id)
    LEFT JOIN spent
        ON attempt_cell.attempt_id = spent.attempt_id AND attempt_cell.leg IS NOT DISTINCT FROM spent.leg
    WHERE $by_channel OR attempt_count = 1
),

chosen AS (
    SELECT
-- include: place
        AS place,
        status,
        is_fallback,
        currency,
        cost,
        n
    FROM cell
    WHERE
        moment_at >= $from AND moment_at < $to
        AND (n > 0 OR cost <> 0)
-- include: wanted
)

SELECT
    unnest(place),
    currency,
    sum(n)::BIGINT AS sent,
    coalesce(sum(n) FILTER (WHERE status IN ('delivered', 'seen')), 0)::BIGINT AS delivered,
    sum(cost) AS cost,
    coalesce(sum(n) FILTER (WHERE is_fallback), 0)::BIGINT AS fallbacks,
    sum(cost) FILTER (WHERE is_fallback) AS fallback_cost
FROM chosen
GROUP BY place, currency
ORDER BY place, currency NULLS LAST
