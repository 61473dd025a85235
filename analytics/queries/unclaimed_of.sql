-- Which of some attempts nobody registered in time; whose they are, their reports say. `first` and `last` are the lowest
-- and the highest of them.
-- parameters: attempts, first, last
-- lane: look-up
SELECT
    'unclaimed' AS event,
    told_at AS known_at,
    attempt_id,
    message_id,
    verdict,
    attempt_status,
    attempt_status AS previous_status,
    is_conflict,
    kafka_offset
FROM unclaimed
WHERE
-- include: of_attempts
