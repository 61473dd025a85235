-- For each partition: where reading began, how far it is, and whether every offset between has exactly one row, or one
-- reason why it has none. It looks at every row and takes its time. Compacted topics have no such books: Kafka takes
-- records out of them that later ones have overtaken.
WITH
-- include: stored_records

counted AS (
    SELECT topic, kafka_partition, count(*) AS record_count, count(DISTINCT kafka_offset) AS place_count
    FROM record JOIN span USING (topic, kafka_partition)
    WHERE kafka_offset >= first_offset AND kafka_offset < next_offset
    GROUP BY topic, kafka_partition
)

SELECT
    topic,
    kafka_partition,
    first_offset,
    next_offset,
    next_offset - first_offset - coalesce(place_count, 0) AS missing,
    coalesce(record_count - place_count, 0) AS doubled
FROM span LEFT JOIN counted USING (topic, kafka_partition)
ORDER BY topic, kafka_partition
