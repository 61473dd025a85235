DELETE FROM signal
USING going
WHERE
    fact = 'signal'
    AND signal.kafka_partition = going.kafka_partition
    AND signal.kafka_offset = going.kafka_offset
    AND received_at < $before
