-- Whether anybody wrote what could be an answer to a message, as `meant.cte` has it: it bears one of its names, of which there
-- are the `numbers`, or comes from one of its people within its lifetime. What that answers is then for `message_replies` to
-- find out; nothing answers what was first heard of a week later.
-- parameters: numbers, people, heard_from, heard_to, window_s, accounts
-- lane: look-up
WITH later AS (
    SELECT
        event_id, received_at, reply_to_number, reply_id_number, tracking_number, external_id_number, author_hash
    FROM inbound
    WHERE
        received_at >= $heard_from::TIMESTAMP - INTERVAL 7 DAY
        AND ($accounts IS NULL OR list_contains($accounts, account))
)

-- One look for each member: what holds for one of several must be asked of each row, and few members have a value at all.
-- Each look is planned with all columns of `later`, so it has no others.
SELECT event_id FROM later WHERE list_contains($numbers::UINTEGER[], reply_to_number)
UNION ALL
SELECT event_id FROM later WHERE list_contains($numbers::UINTEGER[], reply_id_number)
UNION ALL
SELECT event_id FROM later WHERE list_contains($numbers::UINTEGER[], tracking_number)
UNION ALL
SELECT event_id FROM later WHERE list_contains($numbers::UINTEGER[], external_id_number)
UNION ALL
SELECT event_id
FROM later
WHERE
    list_contains($people::UBIGINT[], author_hash)
    AND received_at <= $heard_to::TIMESTAMP + to_seconds($window_s) + INTERVAL 7 DAY
LIMIT 1
