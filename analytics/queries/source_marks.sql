-- The newest place that was taken from each source partition; what is at or below it is a repeat.
SELECT
    topic,
    kafka_partition,
    source_topic,
    source_partition,
    arg_max(source_offset, batch_id) AS source_offset,
    arg_max(source_item, batch_id) AS source_item
FROM marks
GROUP BY topic, kafka_partition, source_topic, source_partition
