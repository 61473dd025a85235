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

answered AS (
    SELECT * REPLACE (coalesce(channel, latency_channel) AS channel) FROM attempt_cell WHERE attempt_count = 1
),

placed AS (
    SELECT
        {
            'account': CASE WHEN list_contains($group_by, 'account') THEN account END,
            'provider': CASE WHEN list_contains($group_by, 'provider') THEN provider END,
            'connection': CASE WHEN list_contains($group_by, 'connection') THEN connection END,
            'channel': CASE WHEN list_contains($group_by, 'channel') THEN channel END,
            'country': CASE WHEN list_contains($group_by, 'country') THEN country END,
            'campaign': CASE WHEN list_contains($group_by, 'campaign') THEN campaign END,
            'sender': CASE WHEN list_contains($group_by, 'sender') THEN sender END
        } AS place
    FROM answered
    WHERE
        true
-- include: wanted
)

SELECT unnest(place), count(*) AS replied
FROM placed
GROUP BY place
ORDER BY place
