-- How many reports came with a code that we do not know, about attempts first heard of in [from, to), by bucket and
-- dimensions as the report itself has them.
-- facts: first
-- parameters: first, beyond
-- parameters: from, to, bucket, step_min, time_zone, group_by, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT
        account,
        provider,
        connection,
        channel,
        country,
        campaign,
        sender,
        first_heard(attempt_id) AS moment_at,
        NULL AS status,
        NULL AS reason
    FROM report
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND report.status = 'unknown'
        AND verdict <> 'repeated'
),

chosen AS (
    SELECT
-- include: place
        AS place
    FROM cell
    WHERE
        moment_at >= $from AND moment_at < $to
-- include: wanted
)

SELECT unnest(place), count(*) AS unknown_codes
FROM chosen
GROUP BY place
ORDER BY place
