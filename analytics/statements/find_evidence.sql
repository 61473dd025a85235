-- All that is known of the attempts in this batch, one row per attempt, leg, piece and side of the batch: what the store
-- knew before (is_fresh false) and what the batch adds. Every aggregate is free of order: a sum, a maximum, a disjunction.
WITH known AS (
    SELECT
        *,
        CASE WHEN part IS NULL THEN unit END AS leg,
        CASE WHEN part IS NOT NULL THEN unit END AS piece,
        move(attempt_status, previous_status) AS moves,
        rank_of(item_status) AS item_rank,
        CASE WHEN is_bad_end(status) THEN rank_of(status) || reason END AS reason_claim,
        scope = 'transaction' AS is_transaction,
        verdict = 'repeated' AS is_repeated,
        price_order(price, currency) AS price_order
    FROM (FROM new_reported UNION ALL BY NAME FROM new_registered)
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
    count_if(is_repeated)::BIGINT AS repeated_count,
    max(price_order) AS price_order,
    arg_max(price, price_order) AS price,
    arg_max(currency, price_order) AS currency,
    bool_and(is_transaction) FILTER (WHERE price_order IS NOT NULL) AS is_whole
FROM known
GROUP BY attempt_id, is_fresh, leg, piece
