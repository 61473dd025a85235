-- No stage remembers inbound messages, so the store decides what is a repeat: the same event id within $seen_days.
INSERT INTO inbound BY NAME
WITH new AS (
    SELECT
        kafka_partition,
        kafka_offset,
        person_hash,
        json_transform(
            value,
            '{
                "event_id": "UUID",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "account": "VARCHAR",
                "channel": "VARCHAR",
                "country": "VARCHAR",
                "kind": "VARCHAR",
                "provider_message_id": "VARCHAR",
                "reply_to": "VARCHAR",
                "part": "VARCHAR",
                "addressee": "VARCHAR",
                "text": "VARCHAR",
                "media_url": "VARCHAR",
                "extras": {"reply_id": "VARCHAR", "tracking": "VARCHAR", "external_id": "VARCHAR", "send_id": "VARCHAR"},
                "occurred_at": "TIMESTAMP",
                "received_at": "TIMESTAMP",
                "cause": {"partition": "SMALLINT", "offset": "BIGINT", "index": "INTEGER", "items": "INTEGER"}
            }'
        ) AS said
    FROM new_inbound
)

SELECT
    kafka_partition,
    kafka_offset,
    person_hash AS author_hash,
    said.event_id,
    said.provider,
    said.connection,
    said.account,
    said.channel,
    said.country,
    said.kind,
    said.provider_message_id,
    said.reply_to,
    said.part,
    said.addressee,
    said.text,
    said.media_url,
    said.extras.reply_id,
    said.extras.tracking,
    coalesce(said.extras.external_id, said.extras.send_id) AS external_id,
    name_hash(said.reply_to) AS reply_to_number,
    name_hash(said.extras.reply_id) AS reply_id_number,
    name_hash(said.extras.tracking) AS tracking_number,
    name_hash(coalesce(said.extras.external_id, said.extras.send_id)) AS external_id_number,
    said.occurred_at,
    said.received_at,
    said.cause.partition AS cause_partition,
    said.cause.offset AS cause_offset,
    coalesce(said.cause.index, 0) AS cause_index,
    coalesce(said.cause.items, 1) AS cause_items,
    CASE
        WHEN row_number() OVER (PARTITION BY said.event_id ORDER BY kafka_partition, kafka_offset) > 1 THEN 'repeated'
        WHEN said.event_id IN (
            SELECT event_id
            FROM inbound
            WHERE received_at >= (SELECT min(said.received_at) FROM new) - to_days($seen_days)
        ) THEN 'repeated'
        ELSE 'applied'
    END AS verdict,
    $batch_id AS batch_id
FROM new
