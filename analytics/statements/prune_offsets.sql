-- Only the newest row of a partition counts.
DELETE FROM offsets
WHERE batch_id < (
    SELECT max(newer.batch_id)
    FROM offsets AS newer
    WHERE newer.topic = offsets.topic AND newer.kafka_partition = offsets.kafka_partition
)
