-- What the attempts of the batch cost, and which are fallbacks. hour_delta counts each as without a price and as no
-- fallback; one that has or is leaves that count, and enters that of its currency.
INSERT INTO price_delta BY NAME
WITH sides AS (
    SELECT -1 AS side, * FROM evidence WHERE NOT is_fresh
    UNION ALL
    SELECT 1 AS side, * FROM evidence
),

told_item AS (
    SELECT
        side,
        attempt_id,
        coalesce(sides.leg, '') AS leg,
        bool_and(is_whole) AS is_whole,
        arg_max(price, price_order) AS price,
        arg_max(currency, price_order) AS currency
    FROM sides
    WHERE price_order IS NOT NULL
    GROUP BY side, attempt_id, sides.leg, piece
),

-- What a provider told of a whole cascade counts where it told of no channel.
reported AS (
    SELECT * FROM told_item WHERE NOT is_whole
    UNION ALL
    SELECT * FROM told_item ANTI JOIN (SELECT * FROM told_item WHERE NOT is_whole) AS told USING (side, attempt_id)
    WHERE is_whole
),

registered AS (
    SELECT
        side,
        attempt_id,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        any_value(root_id) AS root_id,
        max(registered_for) AS message_id
    FROM sides
    GROUP BY side, attempt_id
    HAVING max(registered_for) IS NOT NULL
),

taken AS (
    SELECT
        side,
        attempt_id,
        max(step) > 0 AS is_fallback,
        arg_max(price, price_order(price, currency)) AS price,
        arg_max(currency, price_order(price, currency)) AS currency
    FROM outcome JOIN registered USING (message_id, provider, connection, root_id)
    WHERE outcome = 'accepted' AND (side = 1 OR batch_id <> $batch_id)
    GROUP BY side, attempt_id
),

spent AS (
    SELECT side, attempt_id, leg, currency, sum(price) AS cost
    FROM (
        SELECT side, attempt_id, leg, currency, price FROM reported
        UNION ALL
        SELECT side, attempt_id, '' AS leg, currency, price
        FROM taken ANTI JOIN reported USING (side, attempt_id)
        WHERE currency IS NOT NULL
    )
    GROUP BY side, attempt_id, leg, currency
),

priced AS (
    SELECT
        side,
        attempt_id,
        '' AS leg,
        currency,
        sum(cost) AS attempt_cost,
        coalesce(sum(cost) FILTER (WHERE spent.leg = ''), 0) AS entry_cost
    FROM spent
    GROUP BY side, attempt_id, currency
    UNION ALL
    SELECT side, attempt_id, leg, currency, 0 AS attempt_cost, cost AS entry_cost FROM spent WHERE leg <> ''
),

told AS (
    SELECT cells.*, coalesce(is_fallback, false) AS is_fallback, currency, attempt_cost, entry_cost
    FROM cells
    LEFT JOIN (SELECT side, attempt_id, is_fallback FROM taken) AS fallback USING (side, attempt_id)
    LEFT JOIN priced USING (side, attempt_id, leg)
    WHERE currency IS NOT NULL OR is_fallback
),

moved AS (
    SELECT * FROM told
    UNION ALL BY NAME
    SELECT * REPLACE (-attempt_count AS attempt_count, -entry_count AS entry_count), false AS is_fallback
    FROM cells SEMI JOIN told USING (side, attempt_id, leg)
)

SELECT
    hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    status,
    reason,
    currency,
    is_fallback,
    sum(side * attempt_count) AS attempt_count,
    sum(side * entry_count) AS entry_count,
    coalesce(sum(side * attempt_cost), 0) AS attempt_cost,
    coalesce(sum(side * entry_cost), 0) AS entry_cost,
    $batch_id AS batch_id
FROM moved
GROUP BY ALL
HAVING
    sum(side * attempt_count) <> 0
    OR sum(side * entry_count) <> 0
    OR sum(side * attempt_cost) <> 0
    OR sum(side * entry_cost) <> 0
