-- What was planned for a message, the first first, and that it was cancelled; `first` and `last` are the lowest and the
-- highest of the ids.
-- parameters: messages, first, last, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id, recipient_hash, body_digest)
FROM plan
WHERE
    message_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY kafka_partition, kafka_offset
