-- Whether anybody wrote what could be an answer to a message, as `meant.cte` has it: it bears one of its names, or comes
-- from one of its people within its lifetime. What that answers is then for `message_replies` to find out; nothing answers
-- what was first heard of a week later.
-- parameters: names, people, heard_from, heard_to, window_s, accounts
-- lane: look-up
SELECT event_id
FROM inbound
WHERE
    received_at >= $heard_from::TIMESTAMP - INTERVAL 7 DAY
    AND (
        list_contains($names::VARCHAR[], reply_to)
        OR list_contains($names::VARCHAR[], reply_id)
        OR list_contains($names::VARCHAR[], tracking)
        OR list_contains($names::VARCHAR[], external_id)
        OR (
            list_contains($people::UBIGINT[], author_hash)
            AND received_at <= $heard_to::TIMESTAMP + to_seconds($window_s) + INTERVAL 7 DAY
        )
    )
    AND ($accounts IS NULL OR list_contains($accounts, account))
LIMIT 1
