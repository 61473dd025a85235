-- Of a signal that attempts give, the newest twenty attempts of each route, each with the last report about it.
-- facts: first
-- parameters: first, until, beyond, as_of, silent_after_s, fast_floor_ms, fast_floor_sms_ms, fast_share, accounts, evidence
WITH
-- include: trust_judged
,

shown AS (
    SELECT *
    FROM judged
    WHERE
        CASE $evidence
            WHEN 'silence' THEN is_silent
            WHEN 'contradictions' THEN is_contradicted
            WHEN 'fast_receipts' THEN is_fast
            WHEN 'zero_replies' THEN has_arrived
            WHEN 'late_deliveries' THEN is_late
            WHEN 'billed_not_delivered' THEN is_billed AND NOT has_arrived
        END
    QUALIFY row_number() OVER (
        PARTITION BY provider, connection, channel, country ORDER BY told_at DESC, attempt_id DESC
    ) <= 20
),

last_word AS (
    SELECT
        attempt_id,
        status_at(max(rank_of(attempt_status)) OVER (PARTITION BY attempt_id)) AS attempt_status,
        provider_code,
        currency,
        cause_partition,
        cause_offset,
        cause_index,
        cause_items
    FROM report SEMI JOIN shown USING (attempt_id)
    WHERE verdict <> 'repeated'
    QUALIFY row_number() OVER (PARTITION BY attempt_id ORDER BY received_at DESC, cause_offset DESC, cause_index DESC) = 1
)

SELECT
    shown.provider,
    shown.connection,
    shown.channel,
    shown.country,
    shown.message_id,
    shown.attempt_id,
    shown.told_at,
    coalesce(attempt_status, 'accepted') AS status,
    shown.latency_ms,
    shown.price,
    CASE WHEN price IS NOT NULL THEN currency END AS currency,
    provider_code,
    cause_partition,
    cause_offset,
    cause_index,
    cause_items
FROM shown LEFT JOIN last_word USING (attempt_id)
ORDER BY told_at DESC, attempt_id DESC
