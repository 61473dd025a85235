DELETE FROM presumed_lost
USING going
WHERE
    fact = 'presumed_lost'
    AND presumed_lost.kafka_partition = going.kafka_partition
    AND presumed_lost.kafka_offset = going.kafka_offset
    AND attempt_id < $first::UUID
