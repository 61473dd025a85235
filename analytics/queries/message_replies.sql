-- What people answered to a message, oldest first; by the message's id or that of one of its attempts. Of each reply that
-- could be meant, it is found out which attempt it answers, as `inbound` does.
-- parameters: id, accounts, window_s
WITH
-- include: attempts_named

known AS (
    SELECT
        provider,
        connection,
        [root_id, provider_message_id, external_id] AS names,
        recipient_hash,
        received_at AS heard_at
    FROM report SEMI JOIN attempt USING (attempt_id)
    UNION ALL
    SELECT
        provider,
        connection,
        [root_id, external_id, message_id::VARCHAR] AS names,
        recipient_hash,
        registered_at AS heard_at
    FROM registration SEMI JOIN attempt USING (attempt_id)
),

name AS (
    SELECT DISTINCT name FROM (SELECT unnest(names) AS name FROM known) WHERE name IS NOT NULL
),

person AS (
    SELECT DISTINCT recipient_hash AS author_hash FROM known WHERE recipient_hash IS NOT NULL
),

lifetime AS (
    SELECT
        min(heard_at) - INTERVAL 7 DAY AS heard_from,
        max(heard_at) + to_seconds($window_s) + INTERVAL 7 DAY AS heard_to
    FROM known
),

-- include: meant

reply AS (
    SELECT inbound.*, bucket_time(occurred_at, received_at) AS replied_at
    FROM inbound SEMI JOIN meant USING (event_id)
    WHERE verdict = 'applied' AND ($accounts IS NULL OR list_contains($accounts, account))
),

-- include: attribution

SELECT * EXCLUDE (kafka_partition, kafka_offset) FROM told SEMI JOIN attempt USING (attempt_id)
ORDER BY received_at, kafka_partition, kafka_offset
