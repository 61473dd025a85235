-- How many messages people wrote, received in [from, to), by bucket and dimensions; the sender is whom they wrote to.
-- facts: from
-- parameters: from, to, bucket, step_min, time_zone, group_by, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT
        account,
        provider,
        connection,
        channel,
        country,
        addressee AS sender,
        received_at AS moment_at,
        NULL AS campaign,
        NULL AS status,
        NULL AS reason
    FROM inbound
    WHERE verdict = 'applied' AND received_at >= $from AND received_at < $to
),

chosen AS (
    SELECT
-- include: place
        AS place
    FROM cell
    WHERE
        true
-- include: wanted
)

SELECT unnest(place), count(*) AS replies
FROM chosen
GROUP BY place
ORDER BY place
