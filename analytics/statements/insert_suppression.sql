-- The wishes that stand since, as the consent stage has told them.
INSERT INTO suppression BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    person_hash AS recipient_hash,
    said.event_id,
    said.account,
    said.sender,
    said.kind,
    said.reason,
    said.since,
    said.keyword,
    said.language,
    said.provider,
    said.connection,
    said.channel,
    said.note,
    said.told_by,
    said.cause.partition AS cause_partition,
    said.cause.offset AS cause_offset,
    CASE WHEN said.cause.offset IS NOT NULL THEN coalesce(said.cause.index, 0) END AS cause_index,
    CASE WHEN said.cause.offset IS NOT NULL THEN coalesce(said.cause.items, 1) END AS cause_items,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        person_hash,
        json_transform(
            value,
            '{
                "event_id": "UUID",
                "account": "VARCHAR",
                "sender": "VARCHAR",
                "kind": "VARCHAR",
                "reason": "VARCHAR",
                "since": "TIMESTAMP",
                "keyword": "VARCHAR",
                "language": "VARCHAR",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "channel": "VARCHAR",
                "note": "VARCHAR",
                "told_by": "VARCHAR",
                "cause": {"partition": "SMALLINT", "offset": "BIGINT", "index": "INTEGER", "items": "INTEGER"}
            }'
        ) AS said
    FROM new_suppression
)
