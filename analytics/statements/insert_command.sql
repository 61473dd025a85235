-- Commands have no time of their own: it is Kafka's. The content of a send stays there.
INSERT INTO command BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    make_timestamp_ms(told_ms) AS told_at,
    person_hash AS recipient_hash,
    said.told,
    said.message_id,
    said.step,
    said.send_id,
    said.account,
    said.provider,
    said.connection,
    said.request.channel,
    said.request.sender,
    said.request.campaign,
    CASE WHEN said.told = 'commanded' THEN coalesce(said.request.is_session, false) END AS is_session,
    said.in_doubt,
    said.give_up_at,
    said.budget,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        told_ms,
        person_hash,
        json_transform(
            value,
            '{
                "told": "VARCHAR",
                "message_id": "UUID",
                "step": "SMALLINT",
                "send_id": "VARCHAR",
                "account": "VARCHAR",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "in_doubt": "VARCHAR",
                "give_up_at": "TIMESTAMP",
                "budget": "VARCHAR",
                "request": {
                    "channel": "VARCHAR",
                    "sender": "VARCHAR",
                    "campaign": "VARCHAR",
                    "is_session": "BOOLEAN"
                }
            }'
        ) AS said
    FROM new_command
)
