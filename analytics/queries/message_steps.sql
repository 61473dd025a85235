-- Which of `message_plan`, `message_decisions` and `message_sends` have an answer: most messages have no plan. `first` and
-- `last` are the lowest and the highest of the messages.
-- parameters: messages, first, last, accounts
-- lane: look-up
SELECT 'message_plan' AS question
FROM plan
WHERE
    message_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'message_decisions' AS question
FROM decision
WHERE
    message_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
UNION ALL
SELECT 'message_sends' AS question
FROM command
WHERE
    message_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($messages::UUID[], message_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
