-- Up to where the store has read each partition, and the number of its newest batch.
-- lane: look-up
SELECT topic, kafka_partition, max(next_offset) AS next_offset, max(batch_id) AS batch_id
FROM offsets
GROUP BY topic, kafka_partition
ORDER BY topic, kafka_partition
