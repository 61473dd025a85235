-- Every report and registration of a message, that none came in time, and that it is presumed lost, oldest first; by the
-- message's id or that of one of its attempts.
-- parameters: id, accounts
-- lane: look-up
WITH
-- include: attempts_named

event AS (
    SELECT
        'report' AS event,
        received_at AS known_at,
        attempt_id,
        message_id,
        replace(event_id::VARCHAR, '-', '') AS event_id,
        account,
        provider,
        connection,
        channel,
        scope,
        root_id,
        provider_message_id,
        external_id,
        part,
        verdict,
        status,
        item_status,
        attempt_status,
        previous_status,
        is_conflict,
        provider_code,
        error_code,
        reason,
        description,
        is_permanent,
        occurred_at,
        received_at,
        sent_at,
        delivered_at,
        latency_ms,
        country,
        operator,
        campaign,
        sender,
        format('{:016x}', recipient_hash) AS recipient_hash,
        price,
        currency,
        source,
        cause_partition,
        cause_offset,
        cause_index,
        cause_items,
        kafka_offset
    FROM report SEMI JOIN attempt USING (attempt_id)
    UNION ALL BY NAME
    SELECT
        'registration' AS event,
        registered_at AS known_at,
        attempt_id,
        message_id,
        account,
        provider,
        connection,
        channel,
        root_id,
        external_id,
        'registered' AS verdict,
        attempt_status,
        previous_status,
        is_conflict,
        sent_at,
        delivered_at,
        latency_ms,
        country,
        campaign,
        sender,
        format('{:016x}', recipient_hash) AS recipient_hash,
        kafka_offset
    FROM registration SEMI JOIN attempt USING (attempt_id)
    UNION ALL BY NAME
    SELECT
        'unclaimed' AS event,
        told_at AS known_at,
        attempt_id,
        message_id,
        account,
        provider,
        connection,
        root_id,
        verdict,
        attempt_status,
        attempt_status AS previous_status,
        is_conflict,
        kafka_offset
    FROM unclaimed JOIN (
        SELECT
            attempt_id,
            any_value(account) AS account,
            any_value(provider) AS provider,
            any_value(connection) AS connection,
            any_value(root_id) AS root_id
        FROM report SEMI JOIN attempt USING (attempt_id)
        GROUP BY attempt_id
    ) AS heard USING (attempt_id)
    UNION ALL BY NAME
    SELECT
        'presumed_lost' AS event,
        presumed_at AS known_at,
        attempt_id,
        message_id,
        account,
        provider,
        connection,
        root_id,
        attempt_status,
        attempt_status AS previous_status,
        kafka_offset
    FROM presumed_lost SEMI JOIN attempt USING (attempt_id)
)

SELECT * EXCLUDE (kafka_offset)
FROM event
WHERE $accounts IS NULL OR list_contains($accounts, account)
ORDER BY known_at, kafka_offset
