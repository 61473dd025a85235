-- The sends of a message, oldest first, with what came of each; `first_message` and `last_message` are the lowest and the
-- highest of the ids.
-- parameters: messages, first_message, last_message, accounts
-- lane: look-up
WITH
asked AS (
    SELECT * FROM command
    WHERE
-- include: of_messages
),

-- include: send

SELECT * FROM send
ORDER BY step, commanded_at, send_id
