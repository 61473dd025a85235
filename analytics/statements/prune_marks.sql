-- Only the newest row of a source partition counts.
DELETE FROM marks
WHERE batch_id < (
    SELECT max(newer.batch_id)
    FROM marks AS newer
    WHERE
        newer.topic = marks.topic
        AND newer.kafka_partition = marks.kafka_partition
        AND newer.source_topic = marks.source_topic
        AND newer.source_partition = marks.source_partition
)
