-- Updates that answer neither a report nor a registration: none came in time. Nothing about the attempt moves by that.
INSERT INTO unclaimed BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    make_timestamp_ms(told_ms) AS told_at,
    said.attempt_id,
    said.message_id,
    said.verdict,
    said.status AS attempt_status,
    coalesce(said.is_conflict, false) AS is_conflict,
    coalesce(said.released_applied_count, 0) AS released_applied_count,
    coalesce(said.released_outranked_count, 0) AS released_outranked_count,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        told_ms,
        json_transform(
            value,
            '{
                "attempt_id": "UUID",
                "message_id": "UUID",
                "verdict": "VARCHAR",
                "status": "VARCHAR",
                "is_conflict": "BOOLEAN",
                "released_applied_count": "INTEGER",
                "released_outranked_count": "INTEGER"
            }'
        ) AS said
    FROM new_unclaimed
)
