-- Steps behind the first of a plan that were first commanded in [from, to), by bucket, dimensions and why: how many a
-- provider took, how many of those arrived, and how many arrived twice, because an earlier step had arrived after all. A
-- step that was tried again is one.
-- facts: from
-- parameters: from, to, bucket, step_min, time_zone, group_by, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH begun AS (
    SELECT message_id, step
    FROM command
    WHERE
        told = 'commanded' AND step > 0 AND ends_with(send_id, '-0')
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND told_at >= $from AND told_at < $to
),

-- All tries of these steps, whenever they were commanded.
asked AS (
    SELECT * FROM command SEMI JOIN begun USING (message_id, step)
),

-- include: send
,

arrived AS (
    SELECT DISTINCT send_id
    FROM report JOIN send USING (provider, connection, root_id)
    WHERE
        received_at >= $from::TIMESTAMP - INTERVAL 1 HOUR AND received_at >= commanded_at - INTERVAL 1 HOUR
        AND status IN ('delivered', 'seen')
),

-- include: later_steps
,

begun_step AS (
    SELECT 1 AS side, * FROM later_step_anew
),

-- include: later_steps_counted
