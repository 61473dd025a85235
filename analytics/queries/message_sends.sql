-- The sends of a message, oldest first, with what came of each; by the message's id or that of one of its attempts.
-- parameters: id, accounts
-- lane: look-up
WITH
-- include: message_named

asked AS (
    SELECT * FROM command SEMI JOIN named USING (message_id)
    WHERE $accounts IS NULL OR list_contains($accounts, account)
),

-- include: send

SELECT * FROM send
ORDER BY step, commanded_at, send_id
