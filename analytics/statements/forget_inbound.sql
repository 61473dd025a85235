DELETE FROM inbound
USING going
WHERE
    fact = 'inbound'
    AND inbound.kafka_partition = going.kafka_partition
    AND inbound.kafka_offset = going.kafka_offset
    AND received_at < $before
