DELETE FROM unclaimed
USING going
WHERE
    fact = 'unclaimed'
    AND unclaimed.kafka_partition = going.kafka_partition
    AND unclaimed.kafka_offset = going.kafka_offset
    AND attempt_id < $first::UUID
