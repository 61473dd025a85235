DELETE FROM registration
USING going
WHERE
    fact = 'registration'
    AND registration.kafka_partition = going.kafka_partition
    AND registration.kafka_offset = going.kafka_offset
    AND attempt_id < $first::UUID
