-- What people answered to a message, oldest first; by the message's id or that of one of its attempts. Of each reply that
-- could be meant, it is found out which attempt it answers, as `inbound` does.
-- parameters: id, accounts, window_s
WITH attempt AS (
    SELECT attempt_id FROM report WHERE message_id = $id::UUID
    UNION
    SELECT attempt_id FROM report WHERE attempt_id = $id::UUID
    UNION
    SELECT attempt_id FROM registration WHERE message_id = $id::UUID
    UNION
    SELECT attempt_id FROM registration WHERE attempt_id = $id::UUID
    UNION
    SELECT attempt_id FROM unclaimed WHERE message_id = $id::UUID
),

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

names AS (
    SELECT coalesce(list(DISTINCT name), []) AS all_names
    FROM (SELECT unnest(names) AS name FROM known)
    WHERE name IS NOT NULL
),

lifetime AS (
    SELECT
        min(heard_at) - INTERVAL 7 DAY AS heard_from,
        max(heard_at) + to_seconds($window_s) + INTERVAL 7 DAY AS heard_to,
        list(DISTINCT recipient_hash) AS people
    FROM known
),

reply AS (
    SELECT inbound.*, bucket_time(occurred_at, received_at) AS replied_at
    FROM inbound, names, lifetime
    WHERE
        verdict = 'applied'
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND received_at >= heard_from
        AND (
            (list_contains(people, author_hash) AND received_at <= heard_to)
            OR list_has_any(all_names, [reply_to, reply_id, tracking, external_id])
        )
),

-- include: attribution

SELECT
    replace(event_id::VARCHAR, '-', '') AS event_id,
    account,
    provider,
    connection,
    channel,
    country,
    kind,
    provider_message_id,
    part,
    format('{:016x}', author_hash) AS author_hash,
    addressee,
    text,
    media_url,
    occurred_at,
    received_at,
    attempt_id,
    message_id,
    attributed_by,
    cause_partition,
    cause_offset,
    cause_index,
    cause_items
FROM reply
JOIN attribution USING (event_id)
SEMI JOIN attempt USING (attempt_id)
LEFT JOIN message_of USING (attempt_id)
ORDER BY received_at, kafka_partition, kafka_offset
