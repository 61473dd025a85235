-- How many messages of people an export has that were received in each minute, its filters left out.
-- parameters: from, to, since, until, accounts
SELECT date_trunc('minute', received_at) AS minute_at, count(*) AS row_count
FROM inbound
WHERE
    coalesce(kafka_offset >= $since[kafka_partition + 1], true)
    AND kafka_offset < $until[kafka_partition + 1]
    AND ($from IS NULL OR received_at >= $from::TIMESTAMP)
    AND ($to IS NULL OR received_at < $to::TIMESTAMP)
    AND ($accounts IS NULL OR list_contains($accounts, account))
    AND verdict = 'applied'
GROUP BY minute_at
ORDER BY minute_at
