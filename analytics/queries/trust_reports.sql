-- What the reports about the attempts first heard of in [first, until) say of their provider, by route: how many have a
-- code that nobody knows, how long after the event they came, and between which bounds the provider's clock is ahead of
-- ours. Of the signal named as evidence, twenty reports of each route: the newest, the latest, or those most ahead.
-- parameters: first, until, beyond, future_ms, accounts, evidence
WITH
-- include: routes
,

left_at AS (
    SELECT attempt_id, min(sent_at) AS sent_at
    FROM registration
    WHERE attempt_id >= $first::UUID AND attempt_id < $until::UUID
    GROUP BY attempt_id
),

-- What we asked for comes when we ask, and a replay when we replay: only what the provider sent tells how long it took.
judged AS (
    SELECT
        report.* EXCLUDE (channel, country, message_id, sent_at),
        attempt.message_id,
        attempt.channel,
        attempt.country,
        is_unknown_code(is_known_code, status) AS is_unknown,
        CASE WHEN source = 'push' THEN date_sub('millisecond', occurred_at, received_at) END AS delay_ms,
        CASE WHEN source = 'push' THEN date_sub('millisecond', left_at.sent_at, occurred_at) END AS after_sent_ms,
        CASE $evidence
            WHEN 'callback_latency' THEN delay_ms
            WHEN 'clock_skew' THEN -delay_ms
            ELSE epoch_ms(received_at)
        END AS weight
    FROM report
    JOIN (SELECT attempt_id, message_id, channel, country FROM attempt) AS attempt USING (attempt_id)
    LEFT JOIN left_at USING (attempt_id)
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $until::UUID
        AND verdict <> 'repeated'
        AND ($accounts IS NULL OR list_contains($accounts, account))
)

SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS unknown_codes_n,
    count(*) FILTER (WHERE is_unknown) AS unknown_codes_hits,
    count(delay_ms) AS callback_latency_n,
    quantile_disc(delay_ms, 0.5) AS delay_p50_ms,
    quantile_disc(delay_ms, 0.95) AS delay_p95_ms,
    count(delay_ms) AS clock_skew_n,
    count(*) FILTER (WHERE delay_ms < -$future_ms::BIGINT) AS clock_skew_hits,
    -min(delay_ms) AS ahead_least_ms,
    min(after_sent_ms) AS ahead_most_ms,
    arg_max(
        {
            'message_id': message_id,
            'attempt_id': attempt_id,
            'told_at': received_at,
            'occurred_at': occurred_at,
            'delay_ms': delay_ms,
            'status': status,
            'last_word': {
                'provider_code': provider_code,
                'partition': cause_partition,
                'offset': cause_offset,
                'index': cause_index,
                'items': cause_items
            }
        },
        (weight, event_id),
        20
    ) FILTER (
        WHERE CASE $evidence
            WHEN 'unknown_codes' THEN is_unknown
            WHEN 'callback_latency' THEN delay_ms IS NOT NULL
            WHEN 'clock_skew' THEN delay_ms < -$future_ms::BIGINT
        END
    ) AS evidence
FROM judged
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
