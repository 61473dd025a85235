-- Whether anybody wrote what could be an answer to a message: it bears one of its names, or comes from one of its people
-- within its lifetime. What that answers is then for `message_replies` to find out.
-- parameters: names, people, heard_from, heard_to, window_s, accounts
-- lane: look-up
WITH
name AS (SELECT unnest($names::VARCHAR[]) AS name),

person AS (SELECT unnest($people::UBIGINT[]) AS author_hash),

lifetime AS (
    SELECT
        $heard_from::TIMESTAMP - INTERVAL 7 DAY AS heard_from,
        $heard_to::TIMESTAMP + to_seconds($window_s) + INTERVAL 7 DAY AS heard_to
),

-- include: meant

found AS (SELECT event_id FROM meant LIMIT 1)

SELECT * FROM found
