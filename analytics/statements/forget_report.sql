DELETE FROM report
USING going
WHERE
    fact = 'report'
    AND report.kafka_partition = going.kafka_partition
    AND report.kafka_offset = going.kafka_offset
    AND attempt_id < $first::UUID
