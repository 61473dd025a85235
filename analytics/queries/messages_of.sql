-- Where each of some attempts stands that is wanted, newest first. Reports are found by when the attempt was first heard of, of
-- which there is a number: so little is read of others.
-- parameters: attempts, limit
-- parameters: accounts, account, provider, connection, channel, country, campaign, sender, status, reason
-- lane: look-up
WITH
chosen AS (
    SELECT attempt_id, tick_of(attempt_id) AS first_tick FROM (SELECT unnest($attempts::UUID[]) AS attempt_id)
),

heard_report AS (
    FROM report WHERE first_tick IN (SELECT first_tick FROM chosen) AND attempt_id IN (SELECT attempt_id FROM chosen)
),

heard_registration AS (
    FROM registration WHERE attempt_id IN (SELECT attempt_id FROM chosen)
),

heard_unclaimed AS (
    FROM unclaimed WHERE attempt_id IN (SELECT attempt_id FROM chosen)
),

-- include: standing
