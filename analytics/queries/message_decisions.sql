-- Everything that was decided about a message, oldest first; `first_message` and `last_message` are the lowest
-- and the highest of the ids.
-- parameters: messages, first_message, last_message, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id)
FROM decision
WHERE
-- include: of_messages
ORDER BY kafka_partition, kafka_offset
