-- Decisions, with the facts behind them.
INSERT INTO decision BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    said.message_id,
    said.account,
    said.decision,
    said.because,
    said.decided_at,
    said.step,
    said.channel,
    said.policy,
    said.version,
    said.until AS until_at,
    said.send_id,
    said.facts.step AS fact_step,
    said.facts.channel AS fact_channel,
    said.facts.at AS fact_at,
    said.facts.status AS fact_status,
    said.facts.provider_code AS fact_provider_code,
    said.facts.error AS fact_error,
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
                "decision": "VARCHAR",
                "because": "VARCHAR",
                "decided_at": "TIMESTAMP",
                "step": "SMALLINT",
                "channel": "VARCHAR",
                "policy": "VARCHAR",
                "version": "INTEGER",
                "until": "TIMESTAMP",
                "send_id": "VARCHAR",
                "facts": {
                    "step": "SMALLINT",
                    "channel": "VARCHAR",
                    "at": "TIMESTAMP",
                    "status": "VARCHAR",
                    "provider_code": "VARCHAR",
                    "error": "VARCHAR"
                }
            }'
        ) AS said
    FROM new_decision
)
