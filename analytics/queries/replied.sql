-- How many of the attempts first heard of in [from, to) people have answered, by dimensions. The last third of a funnel: a
-- reply counts for the attempt that it answers, however many there are; a cascade counts for the channel that arrived.
-- facts: from
-- parameters: from, to, group_by, window_s, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH reply AS (
    SELECT *, bucket_time(occurred_at, received_at) AS replied_at
    FROM inbound
    WHERE
        verdict = 'applied'
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND received_at >= $from AND received_at < $to::TIMESTAMP + INTERVAL 30 DAY
),

-- include: attribution
,

chosen_attempt AS (
    SELECT DISTINCT attempt_id
    FROM attribution
    WHERE date_trunc('hour', first_heard(attempt_id)) >= $from AND first_heard(attempt_id) < $to
),

chosen_report AS (
    SELECT report.* FROM report SEMI JOIN chosen_attempt USING (attempt_id)
),

chosen_registration AS (
    SELECT registration.* FROM registration SEMI JOIN chosen_attempt USING (attempt_id)
),

-- include: attempt_cells

answer AS (
    SELECT * REPLACE (coalesce(channel, latency_channel) AS channel) FROM attempt_cell WHERE attempt_count = 1
),

-- include: replied_placed
