-- Whether anybody wrote what could be an answer to a message; what it answers is then for `message_replies` to find out.
-- parameters: id, accounts, window_s
-- lane: look-up
WITH
-- include: attempts_named

-- include: meant

found AS (
    SELECT event_id
    FROM inbound SEMI JOIN meant USING (event_id)
    WHERE $accounts IS NULL OR list_contains($accounts, account)
    LIMIT 1
)

SELECT * FROM found
