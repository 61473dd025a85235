-- Which attempts of the batch a provider took from us, and for what price. The answer to a send counts for the attempt that
-- was registered for its message.
CREATE OR REPLACE TEMP TABLE taken AS
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
        max(registered_for) AS message_id
    FROM (
        SELECT *, unnest(CASE WHEN is_fresh THEN [1] ELSE [-1, 1] END) AS side
        FROM evidence
        WHERE registered_for IS NOT NULL
    )
    GROUP BY side, attempt_id
) AS registered USING (message_id, provider, connection, root_id)
WHERE outcome = 'accepted' AND (side = 1 OR batch_id <> $batch_id)
GROUP BY side, attempt_id
