INSERT INTO presumed_lost BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    said.attempt_id,
    said.message_id,
    said.provider,
    said.connection,
    said.account,
    said.root_id,
    said.status AS attempt_status,
    said.questions_count,
    said.presumed_at,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        json_transform(
            value,
            '{
                "attempt_id": "UUID",
                "message_id": "UUID",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "account": "VARCHAR",
                "root_id": "VARCHAR",
                "status": "VARCHAR",
                "questions_count": "INTEGER",
                "presumed_at": "TIMESTAMP"
            }'
        ) AS said
    FROM new_presumed_lost
)
