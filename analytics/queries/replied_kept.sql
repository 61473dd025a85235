-- The same as `replied`, of what is folded; of the replies that batches behind that have `moved` from the facts.
-- facts: from
-- parameters: from, to, first, until, group_by, window_s, moved, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH
-- if: moved
moved AS (
    SELECT unnest($moved::UUID[]) AS event_id
),

-- include: replies_anew
,
-- include: answers_anew
,

-- end: moved
kept_answer AS (
    SELECT *
    FROM answered
-- if: moved
    ANTI JOIN reply USING (event_id)
    UNION ALL
    SELECT * FROM answered_anew WHERE attempt_id IS NOT NULL
-- end: moved
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
