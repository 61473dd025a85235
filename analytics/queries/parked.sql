-- Reports that wait for the registration of their attempt, by connection, and since when the oldest waits.
-- parameters: accounts, until
WITH
-- include: waiting

SELECT
    account,
    provider,
    connection,
    count(*) AS report_count,
    count(DISTINCT attempt_id) AS attempt_count,
    min(received_at) AS oldest_at
FROM waiting
WHERE
    true
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY account, provider, connection
ORDER BY oldest_at, account, provider, connection
