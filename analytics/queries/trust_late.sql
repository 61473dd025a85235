-- How many of the attempts first heard of in [first, until) were followed by another for their message, and how many of those
-- arrived behind it, by route. Few messages are tried more than once; only these are looked at.
-- facts: first
-- parameters: first, until, beyond, accounts
WITH registered AS (
    SELECT message_id, attempt_id
    FROM registration
    WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

tried AS (
    SELECT message_id, attempt_id FROM registered
    UNION
    SELECT message_id, attempt_id
    FROM report SEMI JOIN registered USING (message_id)
    WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

chosen AS (
    SELECT DISTINCT attempt_id
    FROM tried SEMI JOIN (
        SELECT message_id FROM tried GROUP BY message_id HAVING count(*) > 1
    ) AS several USING (message_id)
),

chosen_report AS (
    SELECT report.* FROM report SEMI JOIN chosen USING (attempt_id)
),

chosen_registration AS (
    SELECT registration.* FROM registration SEMI JOIN chosen USING (attempt_id)
),

-- include: routes
,

followed AS (
    SELECT *, lead(began_at) OVER (PARTITION BY message_id ORDER BY began_at, attempt_id) AS next_at
    FROM attempt
)

SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS late_deliveries_n,
    count(*) FILTER (WHERE arrived_at > next_at) AS late_deliveries_hits
FROM followed
WHERE next_at IS NOT NULL AND attempt_id < $until::UUID
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
