-- At most 64 KiB of the original bytes are kept here, so that a flood of large bodies cannot fill the store.
INSERT INTO dead_letter BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    said.kind,
    said.reason,
    said.provider,
    said.connection,
    said.received_at,
    coalesce(said.content_type, '') AS content_type,
    said.cause.partition AS cause_partition,
    said.cause.offset AS cause_offset,
    coalesce(said.cause.index, 0) AS cause_index,
    coalesce(said.cause.items, 1) AS cause_items,
    octet_length(from_base64(said.body)) AS size,
    from_base64(said.body)[1:65536] AS body,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        json_transform(
            value,
            '{
                "kind": "VARCHAR",
                "reason": "VARCHAR",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "received_at": "TIMESTAMP",
                "content_type": "VARCHAR",
                "body": "VARCHAR",
                "cause": {"partition": "SMALLINT", "offset": "BIGINT", "index": "INTEGER", "items": "INTEGER"}
            }'
        ) AS said
    FROM new_dead_letter
)
