-- What became of the attempts first heard of in [first, until), by route: how many of how many were silent for too long,
-- ended in ways that contradict each other, arrived too fast to be true, arrived behind a fallback, were billed and did
-- not arrive. Of the signal named as evidence, the newest twenty attempts of each route.
-- parameters: first, until, beyond, as_of, silent_after_s, fast_floor_ms, fast_floor_sms_ms, fast_share, accounts, evidence
WITH
-- include: routes
,

-- Attempts of one message one behind the other: the later one is the fallback, whoever took it.
followed AS (
    SELECT attempt_id, lead(began_at) OVER (PARTITION BY message_id ORDER BY began_at, attempt_id) AS next_at
    FROM attempt SEMI JOIN (
        SELECT message_id FROM attempt GROUP BY message_id HAVING count(*) > 1
    ) AS several USING (message_id)
),

route_latency AS (
    SELECT provider, connection, channel, country, median(latency_ms) AS usual_ms
    FROM attempt
    WHERE attempt_id < $until::UUID
    GROUP BY provider, connection, channel, country
),

-- A route of which most receipts are too fast has a fast median too, so that of the other routes counts beside it.
yardstick AS (
    SELECT
        provider,
        connection,
        channel,
        country,
        usual_ms,
        least(
            CASE WHEN channel = 'sms' THEN $fast_floor_sms_ms::DOUBLE ELSE $fast_floor_ms::DOUBLE END,
            $fast_share::DOUBLE * greatest(usual_ms, median(usual_ms) OVER (PARTITION BY channel))
        ) AS fast_ms
    FROM route_latency
),

judged AS (
    SELECT
        attempt.*,
        usual_ms,
        fast_ms,
        began_at <= $as_of::TIMESTAMP - to_seconds($silent_after_s::DOUBLE) AS is_old,
        is_old AND coalesce(ended_at > began_at + to_seconds($silent_after_s::DOUBLE), true) AS is_silent,
        latency_ms < fast_ms AS is_fast,
        next_at IS NOT NULL AS is_followed,
        arrived_at > next_at AS is_late,
        price > 0 AND (ended_at IS NOT NULL OR is_old) AS is_billed,
        arrived_at IS NOT NULL AS has_arrived
    FROM attempt
    LEFT JOIN followed USING (attempt_id)
    LEFT JOIN yardstick
        ON attempt.provider = yardstick.provider
        AND attempt.connection = yardstick.connection
        AND attempt.channel IS NOT DISTINCT FROM yardstick.channel
        AND attempt.country IS NOT DISTINCT FROM yardstick.country
    WHERE attempt_id < $until::UUID
)

SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS attempt_count,
    count(*) FILTER (WHERE is_old) AS silence_n,
    count(*) FILTER (WHERE is_silent) AS silence_hits,
    count(ended_at) AS contradictions_n,
    count(*) FILTER (WHERE is_conflict AND ended_at IS NOT NULL) AS contradictions_hits,
    count(latency_ms) AS fast_receipts_n,
    count(*) FILTER (WHERE is_fast) AS fast_receipts_hits,
    count(*) FILTER (WHERE has_arrived) AS zero_replies_n,
    count(*) FILTER (WHERE is_followed) AS late_deliveries_n,
    count(*) FILTER (WHERE is_late) AS late_deliveries_hits,
    count(*) FILTER (WHERE is_billed) AS billed_not_delivered_n,
    count(*) FILTER (WHERE is_billed AND NOT has_arrived) AS billed_not_delivered_hits,
    round(any_value(usual_ms))::BIGINT AS latency_ms,
    round(any_value(fast_ms))::BIGINT AS fast_below_ms,
    arg_max(
        {
            'message_id': message_id,
            'attempt_id': attempt_id,
            'told_at': told_at,
            'status': status,
            'latency_ms': latency_ms,
            'price': price,
            'currency': currency,
            'last_word': last_word
        },
        (told_at, attempt_id),
        20
    ) FILTER (
        WHERE CASE $evidence
            WHEN 'silence' THEN is_silent
            WHEN 'contradictions' THEN is_conflict AND ended_at IS NOT NULL
            WHEN 'fast_receipts' THEN is_fast
            WHEN 'zero_replies' THEN has_arrived
            WHEN 'late_deliveries' THEN is_late
            WHEN 'billed_not_delivered' THEN is_billed AND NOT has_arrived
        END
    ) AS evidence
FROM judged
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
