-- All that is known of the attempts in this batch, one row per attempt, leg, piece and side of the batch: what the store
-- knew before (is_fresh false) and what the batch adds. Every aggregate is free of order: a sum, a maximum, a disjunction.
CREATE OR REPLACE TEMP TABLE evidence AS
WITH taken AS (
    SELECT message_id, provider, connection, root_id
    FROM outcome
    WHERE batch_id = $batch_id AND outcome = 'accepted' AND (step > 0 OR price IS NOT NULL)
),

told AS (
    SELECT attempt_id FROM report WHERE batch_id = $batch_id
    UNION
    SELECT attempt_id FROM registration WHERE batch_id = $batch_id
    UNION
    SELECT attempt_id FROM registration SEMI JOIN taken USING (message_id, provider, connection, root_id)
),

-- Of an attempt of a time that is forgotten the counts stand: there is nothing left to compare with.
touched AS (
    SELECT attempt_id, tick_of(attempt_id) AS first_tick
    FROM told
    WHERE attempt_id >= (SELECT coalesce(max(first_id), '00000000-0000-0000-0000-000000000000'::UUID) FROM forgotten)
),

-- Found by their number first, which leaves little to be read of other attempts; rows of before have none.
reported AS (
    SELECT *
    FROM (FROM report SEMI JOIN touched USING (first_tick)) AS near
    SEMI JOIN touched USING (attempt_id)
    UNION ALL BY NAME
    SELECT * REPLACE (unit_of(root_id, provider_message_id, part) AS unit)
    FROM report SEMI JOIN touched USING (attempt_id)
    WHERE first_tick IS NULL
),

registered AS (
    SELECT *
    FROM (FROM registration SEMI JOIN touched USING (first_tick)) AS near
    SEMI JOIN touched USING (attempt_id)
    UNION ALL BY NAME
    FROM registration SEMI JOIN touched USING (attempt_id)
    WHERE first_tick IS NULL
),

known AS (
    SELECT
        attempt_id,
        batch_id = $batch_id AS is_fresh,
        CASE WHEN part IS NULL THEN unit END AS leg,
        CASE WHEN part IS NOT NULL THEN unit END AS piece,
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
        is_conflict,
        is_new_conflict,
        scope = 'transaction' AS is_transaction,
        latency_ms,
        verdict = 'repeated' AS is_repeated,
        price,
        currency,
        price_order(price, currency) AS price_order
    FROM reported
    UNION ALL BY NAME
    SELECT
        attempt_id,
        batch_id = $batch_id AS is_fresh,
        root_id,
        message_id AS registered_for,
        provider,
        connection,
        account,
        channel,
        country,
        campaign,
        sender,
        move(attempt_status, previous_status) AS moves,
        is_conflict,
        latency_ms
    FROM registered
)

SELECT
    attempt_id,
    is_fresh,
    leg,
    piece,
    any_value(root_id) AS root_id,
    max(registered_for) AS registered_for,
    any_value(provider) AS provider,
    any_value(connection) AS connection,
    max(account) AS account,
    max(channel) AS channel,
    max(country) AS country,
    max(campaign) AS campaign,
    max(sender) AS sender,
    sum(moves)::BIGINT AS moves,
    max(item_rank) AS item_rank,
    max(reason_claim) AS reason_claim,
    bool_or(is_conflict) AS is_conflict,
    bool_or(is_new_conflict) AS is_new_conflict,
    bool_or(is_transaction) AS is_transaction,
    max(latency_ms) AS latency_ms,
    max(channel) FILTER (WHERE latency_ms IS NOT NULL) AS latency_channel,
    count_if(is_repeated) AS repeated_count,
    max(price_order) AS price_order,
    arg_max(price, price_order) AS price,
    arg_max(currency, price_order) AS currency,
    bool_and(is_transaction) FILTER (WHERE price_order IS NOT NULL) AS is_whole
FROM known
GROUP BY attempt_id, is_fresh, leg, piece
