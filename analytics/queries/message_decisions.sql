-- Everything that was decided about a message, oldest first; by its id or that of one of its attempts.
-- parameters: id, accounts
-- lane: look-up
WITH
-- include: message_named

asked AS (
    SELECT * EXCLUDE (batch_id)
    FROM decision SEMI JOIN named USING (message_id)
    WHERE $accounts IS NULL OR list_contains($accounts, account)
)

SELECT * FROM asked
ORDER BY kafka_partition, kafka_offset
