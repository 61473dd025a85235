-- Every report with its verdict, of the attempts first heard of in [first, beyond): those that stand at the places
-- [since, until) of each partition of `updates`, whenever this is asked. A null since leaves that bound out.
-- parameters: first, beyond, from, to, since, until, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
SELECT
    replace(event_id::VARCHAR, '-', '') AS event_id,
    attempt_id::VARCHAR AS attempt_id,
    message_id::VARCHAR AS message_id,
    account,
    provider,
    connection,
    root_id,
    provider_message_id,
    external_id,
    part,
    scope,
    channel,
    country,
    operator,
    campaign,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    verdict,
    status,
    attempt_status,
    previous_status,
    coalesce(is_conflict, false) AS is_conflict,
    provider_code,
    error_code,
    reason,
    description,
    is_permanent,
    occurred_at,
    received_at,
    latency_ms,
    price,
    currency,
    source,
    cause_partition,
    cause_offset,
    cause_index,
    kafka_partition,
    kafka_offset
FROM report
WHERE
    attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
    AND coalesce(kafka_offset >= $since[kafka_partition + 1], true)
    AND kafka_offset < $until[kafka_partition + 1]
    AND ($from IS NULL OR received_at >= $from::TIMESTAMP)
    AND ($to IS NULL OR received_at < $to::TIMESTAMP)
-- include: wanted
ORDER BY attempt_id, kafka_partition, kafka_offset
