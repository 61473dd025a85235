-- Every registration of some attempts, of which `first` and `last` are the lowest and the highest.
-- parameters: attempts, first, last, accounts
-- lane: look-up
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
FROM registration
WHERE
-- include: of_attempts
    AND ($accounts IS NULL OR list_contains($accounts, account))
