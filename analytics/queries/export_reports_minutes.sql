-- How many reports an export has of the attempts that were first heard of in each minute, its filters left out.
-- parameters: from, to, since, until, accounts
SELECT date_trunc('minute', first_heard(attempt_id)) AS minute_at, count(*) AS row_count
FROM report
WHERE
    coalesce(kafka_offset >= $since[kafka_partition + 1], true)
    AND kafka_offset < $until[kafka_partition + 1]
    AND ($from IS NULL OR received_at >= $from::TIMESTAMP)
    AND ($to IS NULL OR received_at < $to::TIMESTAMP)
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY minute_at
ORDER BY minute_at
