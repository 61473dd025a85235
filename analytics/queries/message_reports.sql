-- Every report about some attempts, of which `first` and `last` are the lowest and the highest.
-- parameters: attempts, first, last, accounts
-- lane: look-up
SELECT
    'report' AS event,
    received_at AS known_at,
    attempt_id,
    message_id,
    replace(event_id::VARCHAR, '-', '') AS event_id,
    account,
    provider,
    connection,
    channel,
    scope,
    root_id,
    provider_message_id,
    external_id,
    part,
    verdict,
    status,
    item_status,
    attempt_status,
    previous_status,
    is_conflict,
    provider_code,
    error_code,
    reason,
    description,
    is_permanent,
    occurred_at,
    received_at,
    sent_at,
    delivered_at,
    latency_ms,
    country,
    operator,
    campaign,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    price,
    currency,
    source,
    cause_partition,
    cause_offset,
    cause_index,
    cause_items,
    kafka_offset
FROM report
WHERE
    attempt_id BETWEEN $first::UUID AND $last::UUID
    AND list_contains($attempts::UUID[], attempt_id)
    AND ($accounts IS NULL OR list_contains($accounts, account))
