-- Which of the questions about a message have an answer: most messages have no plan, and no trouble. `first` and `last` are
-- the lowest and the highest of the ids, null without any.
-- parameters: attempts, first, last, messages, first_message, last_message, accounts
-- lane: look-up
SELECT 'message_registrations' AS question
FROM registration
WHERE
    attempt_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($attempts::UUID[], attempt_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'unclaimed_of' AS question
FROM unclaimed
WHERE
    attempt_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($attempts::UUID[], attempt_id)
UNION ALL
SELECT 'message_presumed_lost' AS question
FROM presumed_lost
WHERE
    attempt_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($attempts::UUID[], attempt_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'message_plan' AS question
FROM plan
WHERE
    message_id BETWEEN $first_message::UUID AND $last_message::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'message_decisions' AS question
FROM decision
WHERE
    message_id BETWEEN $first_message::UUID AND $last_message::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'message_sends' AS question
FROM command
WHERE
    message_id BETWEEN $first_message::UUID AND $last_message::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
