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

-- All tries of these steps, also those that were commanded later.
asked AS (
    SELECT * FROM command SEMI JOIN begun USING (message_id, step) WHERE told_at >= $from
),

-- include: send
,

-- The reports about what was taken, which come within the days after it.
arrived AS (
    SELECT DISTINCT provider, connection, root_id
    FROM report SEMI JOIN send USING (provider, connection, root_id)
    WHERE received_at >= $from AND status IN ('delivered', 'seen')
),

reason_of AS (
    SELECT send_id, any_value(because) AS because, any_value(fact_channel) AS after_channel
    FROM decision SEMI JOIN send USING (message_id, send_id)
    WHERE decision = 'send'
    GROUP BY send_id
),

doubled AS (
    SELECT message_id, min(fact_step) AS arrived_step
    FROM decision SEMI JOIN send USING (message_id)
    WHERE decision = 'double_delivery'
    GROUP BY message_id
),

fallback AS (
    SELECT
        message_id,
        step,
        any_value(account) AS account,
        any_value(channel) AS channel,
        any_value(campaign) AS campaign,
        arg_max(provider, outcome_order) AS provider,
        arg_max(connection, outcome_order) AS connection,
        arg_max(sender, outcome_order) AS sender,
        min(commanded_at) AS moment_at,
        arg_min(because, send_id) AS because,
        arg_min(after_channel, send_id) AS after_channel,
        bool_or(outcome = 'accepted') AS is_taken,
        bool_or(arrived.root_id IS NOT NULL) AS has_arrived,
        bool_or(outcome = 'accepted' AND arrived_step < step) AS is_double
    FROM (SELECT *, outcome = 'accepted' AS outcome_order FROM send)
    LEFT JOIN arrived USING (provider, connection, root_id)
    LEFT JOIN reason_of USING (send_id)
    LEFT JOIN doubled USING (message_id)
    GROUP BY message_id, step
),

cell AS (
    SELECT *, NULL AS country, NULL AS status, NULL AS reason FROM fallback
),

chosen AS (
    SELECT
-- include: place
        AS place,
        CASE WHEN list_contains($group_by, 'because') THEN because END AS because,
        CASE WHEN list_contains($group_by, 'because') THEN after_channel END AS after_channel,
        is_taken,
        has_arrived,
        is_double
    FROM cell
    WHERE
        true
-- include: wanted
)

SELECT
    unnest(place),
    because,
    after_channel,
    count(*) AS commanded,
    count_if(is_taken) AS fallbacks,
    count_if(has_arrived) AS delivered,
    count_if(coalesce(is_double, false)) AS double_deliveries
FROM chosen
GROUP BY place, because, after_channel
ORDER BY place, because, after_channel
