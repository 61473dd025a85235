-- How many words an export of sessions has to read of those that were opened in each minute, as their ids tell.
-- parameters: since, until, accounts
SELECT
    date_trunc('minute', make_timestamp_ms(('0x' || left(session_id, 12))::BIGINT)) AS minute_at,
    count(*) AS row_count
FROM session_word
WHERE
    told IN ('opened', 'started', 'closed', 'corrected')
    AND coalesce(kafka_offset >= $since[kafka_partition + 1], true)
    AND kafka_offset < $until[kafka_partition + 1]
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY minute_at
ORDER BY minute_at
