-- What was planned for a message, the first first, and that it was cancelled; `first_message` and `last_message` are the
-- lowest and the highest of the ids.
-- parameters: messages, first_message, last_message, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id, recipient_hash, body_digest)
FROM plan
WHERE
    message_id BETWEEN $first_message::UUID AND $last_message::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY kafka_partition, kafka_offset
