INSERT INTO settled_place BY NAME
SELECT kafka_partition, max(kafka_offset) + 1 AS below, $batch_id AS batch_id
FROM due
GROUP BY kafka_partition
