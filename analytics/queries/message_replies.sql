-- What people answered to a message, oldest first; by the message's id or that of one of its attempts. Of each reply that
-- could be meant, it is found out which attempt it answers, as `inbound` does.
-- parameters: id, accounts, window_s
WITH
-- include: attempts_named

-- include: meant

reply AS (
    SELECT inbound.*, bucket_time(occurred_at, received_at) AS replied_at
    FROM inbound SEMI JOIN meant USING (event_id)
    WHERE verdict = 'applied' AND ($accounts IS NULL OR list_contains($accounts, account))
),

-- include: attribution

SELECT * EXCLUDE (kafka_partition, kafka_offset) FROM told SEMI JOIN attempt USING (attempt_id)
ORDER BY received_at, kafka_partition, kafka_offset
