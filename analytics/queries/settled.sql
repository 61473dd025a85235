-- Below which offset the callbacks of every partition are settled.
-- lane: look-up
WITH place AS (
    SELECT kafka_partition, max(below) AS below FROM settled_place GROUP BY kafka_partition
)

SELECT coalesce(min(coalesce(below, 0)), 0) AS settled
FROM (SELECT DISTINCT kafka_partition FROM offsets WHERE topic = 'callbacks') LEFT JOIN place USING (kafka_partition)
