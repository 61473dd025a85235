-- Everything that was decided about a message, oldest first; `first` and `last` are the lowest and the highest of the ids.
-- parameters: messages, first, last, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id)
FROM decision
WHERE
    message_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY kafka_partition, kafka_offset
