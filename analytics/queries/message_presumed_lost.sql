-- Which of some attempts are presumed lost; `first` and `last` are the lowest and the highest of them.
-- parameters: attempts, first, last, accounts
-- lane: look-up
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
FROM presumed_lost
WHERE
-- include: of_attempts
    AND ($accounts IS NULL OR list_contains($accounts, account))
