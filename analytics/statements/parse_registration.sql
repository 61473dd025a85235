-- Updates that answer a registration, taken apart. `sent_at` is the attempt's: the earliest known, registered or reported.
SELECT
    kafka_partition,
    kafka_offset,
    person_hash AS recipient_hash,
    said.attempt_id,
    said.message_id,
    said.status AS attempt_status,
    said.previous_status,
    coalesce(said.is_conflict, false) AS is_conflict,
    said.sent_at,
    said.delivered_at,
    said.latency_ms,
    coalesce(said.released_applied_count, 0) AS released_applied_count,
    coalesce(said.released_outranked_count, 0) AS released_outranked_count,
    said.registration.provider,
    said.registration.connection,
    said.registration.account,
    said.registration.root_id,
    said.registration.external_id,
    said.registration.channel,
    said.registration.country,
    said.registration.campaign,
    said.registration.sender,
    said.registration.registered_at,
    tick_of(said.attempt_id) AS first_tick
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        person_hash,
        json_transform(
            value,
            '{
                "attempt_id": "UUID",
                "message_id": "UUID",
                "status": "VARCHAR",
                "previous_status": "VARCHAR",
                "is_conflict": "BOOLEAN",
                "sent_at": "TIMESTAMP",
                "delivered_at": "TIMESTAMP",
                "latency_ms": "BIGINT",
                "released_applied_count": "INTEGER",
                "released_outranked_count": "INTEGER",
                "registration": {
                    "provider": "VARCHAR",
                    "connection": "VARCHAR",
                    "account": "VARCHAR",
                    "root_id": "VARCHAR",
                    "external_id": "VARCHAR",
                    "channel": "VARCHAR",
                    "country": "VARCHAR",
                    "campaign": "VARCHAR",
                    "sender": "VARCHAR",
                    "registered_at": "TIMESTAMP"
                }
            }'
        ) AS said
    FROM new_registration
)
