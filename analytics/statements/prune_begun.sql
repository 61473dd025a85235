-- Only the farthest beginning of a partition counts.
DELETE FROM begun
WHERE first_offset < (
    SELECT max(farther.first_offset)
    FROM begun AS farther
    WHERE farther.topic = begun.topic AND farther.kafka_partition = begun.kafka_partition
)
