-- For each partition: where reading began, how far it is, and whether every offset between has exactly one row, or one
-- reason why it has none. It looks at every row and takes its time. Compacted topics have no such books: Kafka takes
-- records out of them that later ones have overtaken.
WITH record AS (
    SELECT 'callbacks' AS topic, kafka_partition, kafka_offset FROM callback
    UNION ALL
    SELECT 'updates' AS topic, kafka_partition, kafka_offset FROM report
    UNION ALL
    SELECT 'updates' AS topic, kafka_partition, kafka_offset FROM registration
    UNION ALL
    SELECT 'updates' AS topic, kafka_partition, kafka_offset FROM unclaimed
    UNION ALL
    SELECT 'inbound' AS topic, kafka_partition, kafka_offset FROM inbound
    UNION ALL
    SELECT 'signals' AS topic, kafka_partition, kafka_offset FROM signal
    UNION ALL
    SELECT 'dead-letters' AS topic, kafka_partition, kafka_offset FROM dead_letter
    UNION ALL
    SELECT 'presumed-lost' AS topic, kafka_partition, kafka_offset FROM presumed_lost
    UNION ALL
    SELECT topic, kafka_partition, kafka_offset FROM unreadable
    UNION ALL
    SELECT topic, kafka_partition, kafka_offset FROM skipped
),

span AS (
    SELECT topic, kafka_partition, max(first_offset) AS first_offset, max(next_offset) AS next_offset
    FROM offsets JOIN begun USING (topic, kafka_partition)
    WHERE topic <> 'suppressions'
    GROUP BY topic, kafka_partition
),

-- What was restored from the archive lies below.
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
