-- What the reports about the attempts first heard of in [first, until) say of their provider, by route: how many have a
-- code that no table knows, how long after the event they came, and between which bounds the provider's clock is ahead of
-- ours.
-- facts: first
-- parameters: first, until, beyond, future_ms, accounts
WITH
-- include: trust_said

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
    min(after_sent_ms) AS ahead_most_ms
FROM said
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
