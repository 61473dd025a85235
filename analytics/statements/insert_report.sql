-- Updates that answer a report. What does not fit its type becomes null; where that may not be, the batch is refused and
-- its records are tried one by one. A replayed report that the store has already is a repeat that moves nothing, though
-- track may have forgotten the attempt and take it for new.
INSERT INTO report BY NAME
WITH stored AS (
    SELECT event_id
    FROM report SEMI JOIN (SELECT TRY_CAST(event_id AS UUID) AS event_id FROM new_replay) AS replayed USING (event_id)
)

SELECT
    kafka_partition,
    kafka_offset,
    person_hash AS recipient_hash,
    said.attempt_id,
    said.message_id,
    CASE WHEN is_replayed AND said.verdict IN ('applied', 'outranked') THEN 'repeated' ELSE said.verdict END AS verdict,
    said.item_status,
    said.status AS attempt_status,
    CASE WHEN is_replayed THEN said.status ELSE said.previous_status END AS previous_status,
    coalesce(said.is_conflict, false) AS is_conflict,
    coalesce(said.is_new_conflict, false) AS is_new_conflict,
    said.sent_at,
    said.delivered_at,
    said.latency_ms,
    said.report.cause.partition AS cause_partition,
    said.report.cause.offset AS cause_offset,
    coalesce(said.report.cause.index, 0) AS cause_index,
    coalesce(said.report.cause.items, 1) AS cause_items,
    said.report.event_id,
    said.report.provider,
    said.report.connection,
    said.report.account,
    said.report.root_id,
    said.report.provider_message_id,
    said.report.external_id,
    said.report.part,
    said.report.scope,
    said.report.channel,
    said.report.country,
    said.report.operator,
    said.report.campaign,
    said.report.sender,
    said.report.status,
    said.report.provider_code,
    said.report.error_code,
    said.report.reason,
    said.report.description,
    said.report.is_permanent,
    coalesce(said.report.may_fall_back, false) AS may_fall_back,
    coalesce(said.report.is_known_code, true) AS is_known_code,
    said.report.occurred_at,
    said.report.received_at,
    said.report.price,
    said.report.currency,
    coalesce(said.report.source, 'push') AS source,
    $batch_id AS batch_id
FROM (
    SELECT
        *,
        said.report.source = 'replay' AND said.report.event_id IN (SELECT event_id FROM stored) AS is_replayed
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
                    "verdict": "VARCHAR",
                    "status": "VARCHAR",
                    "previous_status": "VARCHAR",
                    "item_status": "VARCHAR",
                    "is_conflict": "BOOLEAN",
                    "is_new_conflict": "BOOLEAN",
                    "sent_at": "TIMESTAMP",
                    "delivered_at": "TIMESTAMP",
                    "latency_ms": "BIGINT",
                    "report": {
                        "event_id": "UUID",
                        "provider": "VARCHAR",
                        "connection": "VARCHAR",
                        "account": "VARCHAR",
                        "root_id": "VARCHAR",
                        "provider_message_id": "VARCHAR",
                        "external_id": "VARCHAR",
                        "part": "VARCHAR",
                        "scope": "VARCHAR",
                        "channel": "VARCHAR",
                        "country": "VARCHAR",
                        "operator": "VARCHAR",
                        "campaign": "VARCHAR",
                        "sender": "VARCHAR",
                        "status": "VARCHAR",
                        "provider_code": "VARCHAR",
                        "error_code": "VARCHAR",
                        "reason": "VARCHAR",
                        "description": "VARCHAR",
                        "is_permanent": "BOOLEAN",
                        "may_fall_back": "BOOLEAN",
                        "is_known_code": "BOOLEAN",
                        "occurred_at": "TIMESTAMP",
                        "received_at": "TIMESTAMP",
                        "price": "DECIMAL(18,6)",
                        "currency": "VARCHAR",
                        "source": "VARCHAR",
                        "cause": {"partition": "SMALLINT", "offset": "BIGINT", "index": "INTEGER", "items": "INTEGER"}
                    }
                }'
            ) AS said
        FROM new_report
    )
)
