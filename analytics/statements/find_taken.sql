-- Which attempts of the batch a provider took from us for a price, or as a fallback. The answer to a send counts for the
-- attempt that was registered for its message.
SELECT
    side,
    attempt_id,
    max(step) > 0 AS is_fallback,
    arg_max(price, price_order(price, currency)) AS price,
    arg_max(currency, price_order(price, currency)) AS currency
FROM outcome JOIN (
    SELECT
        side,
        attempt_id,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        any_value(root_id) AS root_id,
        max(registered_for)::UUID AS message_id
    FROM (
        SELECT *, unnest(CASE WHEN is_fresh THEN [1] ELSE [-1, 1] END) AS side
        FROM new_evidence
        WHERE registered_for IS NOT NULL
    )
    GROUP BY side, attempt_id
) AS registered USING (message_id, provider, connection, root_id)
WHERE outcome = 'accepted' AND (side = 1 OR batch_id <> $batch_id::BIGINT)
GROUP BY side, attempt_id
HAVING max(step) > 0 OR count(price) > 0
