-- The books of each partition begin anew behind what goes.
INSERT INTO begun BY NAME
SELECT topic, kafka_partition, max(kafka_offset) + 1 AS first_offset, $batch_id AS batch_id
FROM going
WHERE kafka_offset >= 0
GROUP BY topic, kafka_partition
