-- How much people wrote in [from, to), by connection, channel and country; what does not say where it came from stands
-- with a null, and may have been an answer to any route of the connection.
-- facts: from
-- parameters: from, to, accounts
SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS reply_count
FROM inbound
WHERE
    received_at >= $from::TIMESTAMP AND received_at < $to::TIMESTAMP
    AND verdict <> 'repeated'
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
