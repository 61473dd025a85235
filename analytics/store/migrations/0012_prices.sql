-- The same as before in a few steps instead of ten: the highest digit that is above 8 has its own bit set and one below it.
CREATE OR REPLACE MACRO entered_digits(lifted) AS (lifted * 2 | lifted * 4 | lifted * 8) & lifted & 586406201480;

CREATE OR REPLACE MACRO standing(moves) AS
    status_at(floor(log2(greatest(entered_digits(moves::BIGINT + 586406201480), 8)))::INTEGER // 4);

-- Of several prices of one thing the highest counts; of equal ones always the same, in whatever order they come.
CREATE OR REPLACE MACRO price_order(price, currency) AS
    (price * 1000000)::HUGEINT * 18446744073709551616::HUGEINT + hash(currency)::HUGEINT;

-- What attempts cost, and which of them are fallbacks, as signed changes by the same hours and dimensions as hour_delta,
-- which counts all attempts as having no price and being no fallback (currency null, is_fallback false). One that has or
-- is leaves that count here, and enters that of its currency, or of each of several. attempt_cost counts with
-- attempt_count, entry_cost with entry_count.
CREATE TABLE price_delta (
    hour_at TIMESTAMP,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR,
    status VARCHAR,
    reason VARCHAR,
    currency VARCHAR,
    is_fallback BOOLEAN,
    attempt_count BIGINT,
    entry_count BIGINT,
    attempt_cost DECIMAL(38, 6),
    entry_cost DECIMAL(38, 6),
    batch_id BIGINT
);

-- What a store of before knows of prices and fallbacks, by the rules as they were when this step was made.
INSERT INTO price_delta BY NAME
WITH told_item AS (
    SELECT
        attempt_id,
        coalesce(any_value(leg_of(root_id, provider_message_id, part)), '') AS leg,
        bool_and(scope = 'transaction') AS is_whole,
        arg_max(price, price_order(price, currency)) AS price,
        arg_max(currency, price_order(price, currency)) AS currency
    FROM report
    WHERE price IS NOT NULL AND currency IS NOT NULL
    GROUP BY attempt_id, provider_message_id, part
),

reported AS (
    SELECT * FROM told_item QUALIFY NOT is_whole OR bool_and(is_whole) OVER (PARTITION BY attempt_id)
),

registered AS (
    SELECT
        attempt_id,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        any_value(root_id) AS root_id,
        max(message_id) AS message_id
    FROM registration
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

spent AS (
    SELECT attempt_id, leg, currency, sum(price) AS cost
    FROM (
        SELECT attempt_id, leg, currency, price FROM reported
        UNION ALL
        SELECT attempt_id, '' AS leg, currency, price
        FROM taken ANTI JOIN reported USING (attempt_id)
        WHERE currency IS NOT NULL
    )
    GROUP BY attempt_id, leg, currency
),

chosen AS (
    SELECT attempt_id FROM spent
    UNION
    SELECT attempt_id FROM taken WHERE is_fallback
),

known AS (
    SELECT
        attempt_id,
        coalesce(leg_of(root_id, provider_message_id, part), '') AS leg,
        provider,
        connection,
        account,
        channel,
        country,
        campaign,
        sender,
        move(attempt_status, previous_status) AS moves,
        rank_of(item_status) AS item_rank,
        CASE WHEN is_bad_end(status) THEN rank_of(status) || reason END AS reason_claim,
        scope = 'transaction' AS is_transaction
    FROM report SEMI JOIN chosen USING (attempt_id)
    UNION ALL BY NAME
    SELECT
        attempt_id,
        '' AS leg,
        provider,
        connection,
        account,
        channel,
        country,
        campaign,
        sender,
        move(attempt_status, previous_status) AS moves
    FROM registration SEMI JOIN chosen USING (attempt_id)
),

attempt AS (
    SELECT
        attempt_id,
        '' AS leg,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        max(account) AS account,
        max(channel) FILTER (WHERE known.leg = '') AS channel,
        max(country) AS country,
        max(campaign) AS campaign,
        max(sender) AS sender,
        standing(sum(moves)) AS status,
        max(reason_claim) AS reason_claim,
        1 AS attempt_count,
        CASE WHEN bool_or(known.leg <> '') OR coalesce(bool_or(is_transaction), false) THEN 0 ELSE 1 END AS entry_count
    FROM known
    GROUP BY attempt_id
),

entry AS (
    SELECT
        attempt_id,
        leg,
        max(channel) AS channel,
        status_at(max(item_rank)) AS status,
        max(reason_claim) AS reason_claim
    FROM known
    WHERE leg <> ''
    GROUP BY attempt_id, leg
),

cell AS (
    SELECT * FROM attempt
    UNION ALL BY NAME
    SELECT
        attempt.* REPLACE (
            entry.leg AS leg,
            entry.channel AS channel,
            entry.status AS status,
            entry.reason_claim AS reason_claim,
            0 AS attempt_count,
            1 AS entry_count
        )
    FROM entry JOIN attempt USING (attempt_id)
),

priced AS (
    SELECT
        attempt_id,
        '' AS leg,
        currency,
        sum(cost) AS attempt_cost,
        coalesce(sum(cost) FILTER (WHERE spent.leg = ''), 0) AS entry_cost
    FROM spent
    GROUP BY attempt_id, currency
    UNION ALL
    SELECT attempt_id, leg, currency, 0 AS attempt_cost, cost AS entry_cost FROM spent WHERE leg <> ''
),

told AS (
    SELECT cell.*, coalesce(is_fallback, false) AS is_fallback, currency, attempt_cost, entry_cost
    FROM cell
    LEFT JOIN (SELECT attempt_id, is_fallback FROM taken) AS fallback USING (attempt_id)
    LEFT JOIN priced USING (attempt_id, leg)
    WHERE currency IS NOT NULL OR is_fallback
),

moved AS (
    SELECT * FROM told
    UNION ALL BY NAME
    SELECT * REPLACE (-attempt_count AS attempt_count, -entry_count AS entry_count), false AS is_fallback
    FROM cell SEMI JOIN told USING (attempt_id, leg)
)

SELECT
    date_trunc('hour', first_heard(attempt_id)) AS hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    status,
    CASE WHEN is_bad_end(status) AND reason_claim[1] = rank_of(status)::VARCHAR THEN reason_claim[2:] END AS reason,
    currency,
    is_fallback,
    sum(attempt_count)::BIGINT AS attempt_count,
    sum(entry_count)::BIGINT AS entry_count,
    coalesce(sum(attempt_cost), 0) AS attempt_cost,
    coalesce(sum(entry_cost), 0) AS entry_cost,
    (SELECT max(batch_id) FROM offsets) AS batch_id
FROM moved
GROUP BY ALL;
