-- Which of some messages have a plan already, whose it is, and the digest of the request that it came by.
-- parameters: ids
-- lane: look-up
SELECT message_id, account, body_digest
FROM plan SEMI JOIN (SELECT unnest($ids::UUID[]) AS message_id) AS asked USING (message_id)
WHERE told = 'planned'
QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY kafka_offset) = 1
