-- Reports that wait for the registration of their attempt, by connection, and since when the oldest waits.
-- parameters: accounts
SELECT
    account,
    provider,
    connection,
    count(*) AS report_count,
    count(DISTINCT attempt_id) AS attempt_count,
    min(received_at) AS oldest_at
FROM report
ANTI JOIN (SELECT attempt_id FROM registration UNION ALL SELECT attempt_id FROM unclaimed) AS freed
    USING (attempt_id)
WHERE verdict = 'parked' AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY account, provider, connection
ORDER BY oldest_at, account, provider, connection
