-- Alarms, as the watch in the api process has told them. A kind that is none becomes null, which may not be: the batch is
-- refused, and its records are tried one by one.
INSERT INTO alarm BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    said.alarm_id,
    said.told,
    CASE WHEN said.kind IN ('quiet_provider', 'delivery_drop', 'unknown_code', 'conservation') THEN said.kind END AS kind,
    said.told_at,
    said.raised_at,
    said.account,
    said.provider,
    said.connection,
    said.channel,
    said.value,
    said.usual,
    said.detail,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        json_transform(
            value,
            '{
                "alarm_id": "VARCHAR",
                "told": "VARCHAR",
                "kind": "VARCHAR",
                "told_at": "TIMESTAMP",
                "raised_at": "TIMESTAMP",
                "account": "VARCHAR",
                "provider": "VARCHAR",
                "connection": "VARCHAR",
                "channel": "VARCHAR",
                "value": "DOUBLE",
                "usual": "DOUBLE",
                "detail": "VARCHAR"
            }'
        ) AS said
    FROM new_alarm
)
