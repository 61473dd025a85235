-- Which of the questions about a message have an answer: most messages have no plan, and no trouble. `first` and `last` are
-- the lowest and the highest of the ids, null without any; without `messages` it is only asked about the attempts.
-- parameters: attempts, first, last, messages, first_message, last_message, accounts
-- lane: look-up
SELECT 'message_registrations' AS question
FROM registration
WHERE
-- include: of_attempts
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'unclaimed_of' AS question
FROM unclaimed
WHERE
-- include: of_attempts
UNION ALL
SELECT 'message_presumed_lost' AS question
FROM presumed_lost
WHERE
-- include: of_attempts
    AND ($accounts IS NULL OR list_contains($accounts, account))
-- if: messages
UNION ALL
SELECT 'message_plan' AS question
FROM plan
WHERE
-- include: of_messages
UNION ALL
SELECT 'message_decisions' AS question
FROM decision
WHERE
-- include: of_messages
UNION ALL
SELECT 'message_sends' AS question
FROM command
WHERE
-- include: of_messages
-- end: messages
