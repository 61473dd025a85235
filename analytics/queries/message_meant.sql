-- Whether anybody wrote what could be an answer to a message; what it answers is then for `message_replies` to find out.
-- parameters: id, window_s
-- lane: look-up
WITH
-- include: attempts_named

-- include: meant

found AS (
    SELECT event_id FROM meant LIMIT 1
)

SELECT * FROM found
