-- The first hundred places where the books are wrong: runs of offsets without a row or a reason, and offsets with two.
WITH
-- include: stored_records

placed AS (
    SELECT topic, kafka_partition, kafka_offset, first_offset, count(*) AS record_count
    FROM record JOIN span USING (topic, kafka_partition)
    WHERE kafka_offset >= first_offset AND kafka_offset < next_offset
    GROUP BY topic, kafka_partition, kafka_offset, first_offset
    UNION ALL
    SELECT topic, kafka_partition, next_offset AS kafka_offset, first_offset, 1 AS record_count FROM span
),

followed AS (
    SELECT
        *,
        lag(kafka_offset, 1, first_offset - 1) OVER (
            PARTITION BY topic, kafka_partition ORDER BY kafka_offset
        ) AS previous_offset
    FROM placed
)

SELECT
    'missing' AS fault,
    topic,
    kafka_partition,
    previous_offset + 1 AS first_offset,
    kafka_offset - 1 AS last_offset
FROM followed
WHERE kafka_offset > previous_offset + 1
UNION ALL
SELECT 'doubled' AS fault, topic, kafka_partition, kafka_offset AS first_offset, kafka_offset AS last_offset
FROM placed
WHERE record_count > 1
ORDER BY topic, kafka_partition, first_offset, fault
LIMIT 100
