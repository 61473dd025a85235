DELETE FROM dead_letter
USING going
WHERE
    fact = 'dead_letter'
    AND dead_letter.kafka_partition = going.kafka_partition
    AND dead_letter.kafka_offset = going.kafka_offset
    AND received_at < $before
