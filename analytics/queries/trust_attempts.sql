-- What became of the attempts first heard of in [first, until), by route: how many of how many were silent for too long,
-- ended in ways that contradict each other, arrived too fast to be true, arrived behind a fallback, were billed and did
-- not arrive.
-- facts: first
-- parameters: first, until, beyond, as_of, silent_after_s, fast_floor_ms, fast_floor_sms_ms, fast_share, accounts
WITH
-- include: trust_judged

SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS attempt_count,
    count(*) FILTER (WHERE is_old) AS silence_n,
    count(*) FILTER (WHERE is_silent) AS silence_hits,
    count(ended_at) AS contradictions_n,
    count(*) FILTER (WHERE is_contradicted) AS contradictions_hits,
    count(latency_ms) AS fast_receipts_n,
    count(*) FILTER (WHERE is_fast) AS fast_receipts_hits,
    count(*) FILTER (WHERE has_arrived) AS zero_replies_n,
    count(*) FILTER (WHERE is_followed) AS late_deliveries_n,
    count(*) FILTER (WHERE is_late) AS late_deliveries_hits,
    count(*) FILTER (WHERE is_billed) AS billed_not_delivered_n,
    count(*) FILTER (WHERE is_billed AND NOT has_arrived) AS billed_not_delivered_hits,
    round(any_value(usual_ms))::BIGINT AS latency_ms,
    round(any_value(fast_ms))::BIGINT AS fast_below_ms
FROM judged
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
