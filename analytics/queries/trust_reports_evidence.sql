-- Of a signal that reports give, twenty reports of each route: the newest, those that came latest, or those whose event is
-- furthest ahead.
-- facts: first
-- parameters: first, until, beyond, future_ms, accounts, evidence
WITH
-- include: trust_said

SELECT
    provider,
    connection,
    channel,
    country,
    message_id,
    attempt_id,
    received_at AS told_at,
    occurred_at,
    delay_ms,
    status,
    provider_code,
    cause_partition,
    cause_offset,
    cause_index,
    cause_items
FROM said
WHERE
    CASE $evidence
        WHEN 'unknown_codes' THEN is_unknown
        WHEN 'callback_latency' THEN delay_ms IS NOT NULL
        WHEN 'clock_skew' THEN delay_ms < -$future_ms::BIGINT
    END
QUALIFY row_number() OVER (
    PARTITION BY provider, connection, channel, country
    ORDER BY
        CASE $evidence
            WHEN 'callback_latency' THEN delay_ms
            WHEN 'clock_skew' THEN -delay_ms
            ELSE epoch_ms(received_at)
        END DESC,
        event_id
) <= 20
ORDER BY told_at DESC, attempt_id DESC
