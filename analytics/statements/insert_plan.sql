-- Plans and cancellations. What a plan leaves out is what the contracts have for it.
INSERT INTO plan BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    person_hash AS recipient_hash,
    said.told,
    said.message_id,
    said.account,
    coalesce(said.planned_at, said.cancelled_at) AS told_at,
    said.campaign,
    said.external_id,
    said.body_digest,
    CASE WHEN said.told = 'planned' THEN coalesce(said.plan.policy, '') END AS policy,
    CASE WHEN said.told = 'planned' THEN coalesce(said.plan.version, 1) END AS version,
    CASE WHEN said.told = 'planned' THEN coalesce(said.plan.in_doubt, 'hold') END AS in_doubt,
    list_transform(
        said.plan.steps,
        lambda step: {
            'channel': step.channel,
            'provider': step.provider,
            'connection': step.connection,
            'sender': step.sender,
            'wait_s': step.wait_s,
            'succeed_on': coalesce(step.succeed_on, 'delivered'),
            'validity_s': step.validity_s,
            'provider_cascades': coalesce(step.provider_cascades, false),
            'is_session': coalesce(step.is_session, false)
        }
    ) AS steps,
    said.plan.guards.quiet_hours.start AS quiet_start,
    said.plan.guards.quiet_hours."end" AS quiet_end,
    said.plan.guards.send_before,
    CASE WHEN said.told = 'planned' THEN coalesce(said.plan.guards.respects_opt_out, true) END AS respects_opt_out,
    said.plan.guards.budget,
    said.sent.root_id AS sent_root_id,
    said.sent.sent_at,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT
        kafka_partition,
        kafka_offset,
        person_hash,
        json_transform(
            value,
            '{
                "told": "VARCHAR",
                "message_id": "UUID",
                "account": "VARCHAR",
                "planned_at": "TIMESTAMP",
                "cancelled_at": "TIMESTAMP",
                "campaign": "VARCHAR",
                "external_id": "VARCHAR",
                "body_digest": "VARCHAR",
                "plan": {
                    "policy": "VARCHAR",
                    "version": "INTEGER",
                    "in_doubt": "VARCHAR",
                    "steps": [
                        {
                            "channel": "VARCHAR",
                            "provider": "VARCHAR",
                            "connection": "VARCHAR",
                            "sender": "VARCHAR",
                            "wait_s": "BIGINT",
                            "succeed_on": "VARCHAR",
                            "validity_s": "BIGINT",
                            "provider_cascades": "BOOLEAN",
                            "is_session": "BOOLEAN"
                        }
                    ],
                    "guards": {
                        "quiet_hours": {"start": "TIME", "end": "TIME"},
                        "send_before": "TIMESTAMP",
                        "respects_opt_out": "BOOLEAN",
                        "budget": "VARCHAR"
                    }
                },
                "sent": {"root_id": "VARCHAR", "sent_at": "TIMESTAMP"}
            }'
        ) AS said
    FROM new_plan
)
