-- What the attempts of the batch cost, and which are fallbacks. hour_delta counts each as without a price and as no
-- fallback; one that has or is leaves that count, and enters that of its currency.
INSERT INTO price_delta BY NAME
WITH told_item AS (
    SELECT
        side,
        attempt_id,
        coalesce(sides.leg, '') AS leg,
        bool_and(is_whole) AS is_whole,
        arg_max(price, price_order) AS price,
        arg_max(currency, price_order) AS currency
    FROM (
        SELECT *, unnest(CASE WHEN is_fresh THEN [1] ELSE [-1, 1] END) AS side
        FROM new_evidence
        WHERE price_order IS NOT NULL
    ) AS sides
    GROUP BY side, attempt_id, sides.leg, piece
),

part_of_cascade AS (
    SELECT side, attempt_id, leg, currency, price FROM told_item WHERE NOT is_whole
),

-- What a provider told of a whole cascade counts where it told of no channel, the answer to the send where no report told.
item AS (
    FROM part_of_cascade
    UNION ALL
    SELECT side, attempt_id, leg, currency, price
    FROM told_item ANTI JOIN part_of_cascade USING (side, attempt_id)
    WHERE is_whole
    UNION ALL
    SELECT side, attempt_id, '' AS leg, currency, price
    FROM new_taken ANTI JOIN told_item USING (side, attempt_id)
    WHERE currency IS NOT NULL
),

priced AS (
    SELECT
        side,
        attempt_id,
        '' AS leg,
        currency,
        sum(price) AS attempt_cost,
        coalesce(sum(price) FILTER (WHERE item.leg = ''), 0) AS entry_cost
    FROM item
    GROUP BY side, attempt_id, currency
    UNION ALL
    SELECT side, attempt_id, leg, currency, 0 AS attempt_cost, price AS entry_cost FROM item WHERE leg <> ''
),

told AS (
    SELECT new_cells.*, coalesce(is_fallback, false) AS is_fallback, priced.currency, attempt_cost, entry_cost
    FROM new_cells
    LEFT JOIN priced USING (side, attempt_id, leg)
    LEFT JOIN new_taken USING (side, attempt_id)
    WHERE priced.currency IS NOT NULL OR is_fallback
),

moved AS (
    SELECT * FROM told
    UNION ALL BY NAME
    SELECT * REPLACE (-attempt_count AS attempt_count, -entry_count AS entry_count), false AS is_fallback
    FROM new_cells SEMI JOIN told USING (side, attempt_id, leg)
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
    $batch_id::BIGINT AS batch_id
FROM moved
GROUP BY ALL
HAVING
    sum(side * attempt_count) <> 0
    OR sum(side * entry_count) <> 0
    OR sum(side * attempt_cost) <> 0
    OR sum(side * entry_cost) <> 0
