-- The first hundred callbacks with items that ought to be explained and are not, and which of their items are.
-- parameters: partitions, below, settled
WITH horizon AS (
    SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below
),

lost AS (
    SELECT kafka_partition, kafka_offset, provider, connection, received_at, received
    FROM open_callback JOIN horizon USING (kafka_partition)
    WHERE kafka_offset >= coalesce($settled::BIGINT, 0) AND kafka_offset < below AND missing > 0
    ORDER BY received_at, kafka_partition, kafka_offset
    LIMIT 100
)

SELECT
    kafka_partition AS cause_partition,
    kafka_offset AS cause_offset,
    provider,
    connection,
    received_at,
    received AS cause_items,
    coalesce(list_sort(list(DISTINCT cause_index) FILTER (WHERE cause_index IS NOT NULL)), []) AS explained_indexes
FROM lost LEFT JOIN item ON cause_partition = kafka_partition AND cause_offset = kafka_offset
GROUP BY kafka_partition, kafka_offset, provider, connection, received_at, received
ORDER BY received_at, kafka_partition, kafka_offset
