-- How many records an export of messages has to read of the attempts that were first heard of in each minute.
-- parameters: from, to, since, until, accounts
SELECT date_trunc('minute', first_heard(attempt_id)) AS minute_at, count(*) AS row_count
FROM (
    SELECT attempt_id, kafka_partition, kafka_offset
    FROM report
    WHERE $accounts IS NULL OR list_contains($accounts, account)
    UNION ALL
    SELECT attempt_id, kafka_partition, kafka_offset
    FROM registration
    WHERE $accounts IS NULL OR list_contains($accounts, account)
    UNION ALL
    SELECT attempt_id, kafka_partition, kafka_offset
    FROM unclaimed
)
WHERE
    coalesce(kafka_offset >= $since[kafka_partition + 1], true)
    AND kafka_offset < $until[kafka_partition + 1]
    AND ($from IS NULL OR first_heard(attempt_id) >= $from::TIMESTAMP)
    AND ($to IS NULL OR first_heard(attempt_id) < $to::TIMESTAMP)
GROUP BY minute_at
ORDER BY minute_at
