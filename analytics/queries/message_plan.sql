-- What was planned for a message, the first first, and that it was cancelled; `first_message` and `last_message` are the
-- lowest and the highest of the ids.
-- parameters: messages, first_message, last_message, accounts
-- lane: look-up
SELECT * EXCLUDE (batch_id, recipient_hash, body_digest)
FROM plan
WHERE
-- include: of_messages
ORDER BY kafka_partition, kafka_offset
