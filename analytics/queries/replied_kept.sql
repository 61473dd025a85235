-- The same as `replied`, of what is folded; with what batches behind $folded changed of it, unless there are none.
-- facts: from
-- parameters: from, to, first, until, group_by, window_s, folded, newest, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH
-- if: newest
-- include: replies_anew
,
-- include: answers_anew
,

-- end: newest
kept_answer AS (
    SELECT *
    FROM answered
-- if: newest
    ANTI JOIN reply USING (event_id)
    UNION ALL
    SELECT * FROM answered_anew WHERE attempt_id IS NOT NULL
-- end: newest
),

answer AS (
    SELECT *, NULL::VARCHAR AS status, NULL::VARCHAR AS reason
    FROM kept_answer
    WHERE
        received_at >= $from AND received_at < $to::TIMESTAMP + INTERVAL 30 DAY
        AND attempt_id >= $first::UUID AND attempt_id < $until::UUID
        AND ($accounts IS NULL OR list_contains($accounts, replier))
),

-- include: replied_placed
