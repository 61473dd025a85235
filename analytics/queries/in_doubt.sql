-- Sends of which nobody knows whether they were taken, the longest open first: a doubt was told and not resolved, or
-- nothing was told for `overdue_s` after the send should have been given up.
-- parameters: accounts, now, overdue_s, limit
WITH
asked AS (
    SELECT *
    FROM command SEMI JOIN (
        SELECT message_id, send_id FROM open_send
        UNION ALL
        SELECT message_id, send_id FROM command WHERE batch_id > settled_until()
    ) AS unresolved USING (message_id, send_id)
    WHERE $accounts IS NULL OR list_contains($accounts, account)
),

-- include: send

SELECT *, coalesce(told_at, give_up_at) AS since, count(*) OVER () AS open_count
FROM send
WHERE
    outcome = 'in_doubt'
    OR (outcome = 'waiting' AND give_up_at + to_seconds($overdue_s) < $now::TIMESTAMP)
ORDER BY since, send_id
LIMIT $limit::BIGINT
