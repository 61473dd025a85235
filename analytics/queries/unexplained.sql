-- The first hundred places whose items ought to be explained and are not: the callback, and how many items it has.
-- parameters: partitions, below
WITH horizon AS (
    SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below
),

due AS (
    SELECT callback.*
    FROM callback JOIN horizon USING (kafka_partition)
    WHERE kafka_offset < below
),

explained AS (
    SELECT
        cause_partition AS kafka_partition,
        cause_offset AS kafka_offset,
        max(cause_items) AS items,
        list_sort(list(DISTINCT cause_index)) AS indexes
    FROM item
    GROUP BY cause_partition, cause_offset
)

SELECT
    kafka_partition AS cause_partition,
    kafka_offset AS cause_offset,
    provider,
    connection,
    received_at,
    coalesce(items, 1) AS cause_items,
    coalesce(indexes, []) AS explained_indexes
FROM due LEFT JOIN explained USING (kafka_partition, kafka_offset)
WHERE coalesce(len(indexes), 0) < coalesce(items, 1)
ORDER BY received_at, kafka_partition, kafka_offset
LIMIT 100
