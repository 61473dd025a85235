-- Everything that was decided about a message, oldest first; `first_message` and `last_message` are the lowest
-- and the highest of the ids.
-- parameters: messages, first_message, last_message, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id)
FROM decision
WHERE
    message_id BETWEEN $first_message::UUID AND $last_message::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY kafka_partition, kafka_offset
