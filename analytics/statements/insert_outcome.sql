-- What came of sends, as often as it was told.
INSERT INTO outcome BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    said.message_id,
    said.account,
    said.step,
    said.send_id,
    said.outcome,
    said.provider,
    said.connection,
    said.told_at,
    said.root_id,
    said.error,
    said.code AS provider_code,
    coalesce(said.may_fall_back, false) AS may_fall_back,
    coalesce(said.parts_count, 1) AS parts_count,
    said.price,
    said.currency,
    said.told_by,
    said.note,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        json_transform(
            value,
            '{
                "message_id": "UUID",
                "account": "VARCHAR",
                "step": "SMALLINT",
                "send_id": "VARCHAR",
                "outcome": "VARCHAR",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "told_at": "TIMESTAMP",
                "root_id": "VARCHAR",
                "error": "VARCHAR",
                "code": "VARCHAR",
                "may_fall_back": "BOOLEAN",
                "parts_count": "INTEGER",
                "price": "DECIMAL(18,6)",
                "currency": "VARCHAR",
                "told_by": "VARCHAR",
                "note": "VARCHAR"
            }'
        ) AS said
    FROM new_outcome
)
