-- What the store has of some callbacks: a row for each of their items, and one for the callback itself.
-- parameters: partitions, offsets, begin, end
WITH asked AS (
    SELECT unnest($partitions::SMALLINT[]) AS cause_partition, unnest($offsets::BIGINT[]) AS cause_offset
),

item AS (
    SELECT
        'report' AS kind,
        cause_partition,
        cause_offset,
        cause_index,
        replace(event_id::VARCHAR, '-', '') AS event_id,
        status || ' (code ' || provider_code || ')' AS said
    FROM report
    WHERE received_at >= $begin AND received_at < $end
    UNION ALL BY NAME
    SELECT
        'inbound' AS kind,
        cause_partition,
        cause_offset,
        cause_index,
        replace(event_id::VARCHAR, '-', '') AS event_id,
        kind AS said
    FROM inbound
    WHERE received_at >= $begin AND received_at < $end
    UNION ALL BY NAME
    SELECT
        'signal' AS kind,
        cause_partition,
        cause_offset,
        cause_index,
        replace(event_id::VARCHAR, '-', '') AS event_id,
        kind AS said
    FROM signal
    WHERE received_at >= $begin AND received_at < $end
    UNION ALL BY NAME
    SELECT 'dead letter' AS kind, cause_partition, cause_offset, cause_index, kind || ': ' || reason AS said
    FROM dead_letter
    WHERE received_at >= $begin AND received_at < $end
    UNION ALL BY NAME
    SELECT 'callback' AS kind, kafka_partition AS cause_partition, kafka_offset AS cause_offset
    FROM callback
    WHERE received_at >= $begin AND received_at < $end
)

SELECT item.* FROM item SEMI JOIN asked USING (cause_partition, cause_offset)
ORDER BY cause_partition, cause_offset, cause_index
