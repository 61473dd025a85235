DELETE FROM callback
USING going
WHERE
    fact = 'callback'
    AND callback.kafka_partition = going.kafka_partition
    AND callback.kafka_offset = going.kafka_offset
    AND received_at < $before
