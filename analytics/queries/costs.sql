-- What the attempts first heard of in [from, to) cost, by bucket, dimensions and currency; those of which nobody has told
-- a price have none. A price is that of the reports, the highest for each message or piece of it, else that of the answer
-- to the send. What a provider told of a whole cascade counts where it told of no channel.
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
        max(price) AS price,
        arg_max(currency, price) AS currency
    FROM report
    WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID AND price IS NOT NULL AND currency IS NOT NULL
    GROUP BY attempt_id, provider_message_id, part
),

reported AS (
    SELECT *
    FROM reported_item
    QUALIFY NOT is_whole OR bool_and(is_whole) OVER (PARTITION BY attempt_id)
),

-- Few of what is heard was sent by us, so what was sent is what to look for.
accepted AS (
    SELECT provider, connection, root_id, step, price, currency
    FROM outcome
    WHERE outcome = 'accepted' AND root_id IS NOT NULL
),

root AS (
    SELECT DISTINCT attempt_id, provider, connection, root_id
    FROM (
        SELECT attempt_id, provider, connection, root_id
        FROM report SEMI JOIN accepted USING (provider, connection, root_id)
        WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        UNION ALL
        SELECT attempt_id, provider, connection, root_id
        FROM registration SEMI JOIN accepted USING (provider, connection, root_id)
        WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
    )
),

taken AS (
    SELECT
        attempt_id,
        max(step) > 0 AS is_fallback,
        max(price) AS price,
        arg_max(currency, price) AS currency
    FROM accepted JOIN root USING (provider, connection, root_id)
    GROUP BY attempt_id
),

item AS (
    SELECT attempt_id, leg, price, currency FROM reported
    UNION ALL
    SELECT attempt_id, NULL AS leg, price, currency
    FROM taken ANTI JOIN reported USING (attempt_id)
    WHERE price IS NOT NULL AND currency IS NOT NULL
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
        AND (n > 0 OR cost IS NOT NULL)
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
