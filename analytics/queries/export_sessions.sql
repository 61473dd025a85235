-- Sessions whose ids lie in [first, beyond), each by its last word that stands below `until` in its partition of
-- `sessions`. With a since, only those of which a word stands at or behind it; one that fitted the filters by what stands
-- before it, and does not any more or was none after all, comes with is_match false.
-- parameters: first, beyond, from, to, since, until, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH word AS (
    SELECT *, coalesce(kafka_offset < $since[kafka_partition + 1], false) AS is_known
    FROM session_word
    WHERE
        session_id >= $first AND session_id < $beyond
        AND told IN ('opened', 'started', 'closed', 'corrected')
        AND kafka_offset < $until[kafka_partition + 1]
        AND ($accounts IS NULL OR list_contains($accounts, account))
),

side AS (
    SELECT *, true AS is_now
    FROM word
    WHERE $since IS NULL OR session_id IN (SELECT session_id FROM word WHERE NOT is_known)
    UNION ALL
    SELECT *, false AS is_now
    FROM word
    WHERE is_known AND session_id IN (SELECT session_id FROM word WHERE NOT is_known)
),

last_word AS (
    SELECT
        *,
        NULL::VARCHAR AS country,
        NULL::VARCHAR AS channel,
        NULL::VARCHAR AS campaign,
        NULL::VARCHAR AS status,
        NULL::VARCHAR AS reason
    FROM side
    QUALIFY row_number() OVER (PARTITION BY is_now, session_id ORDER BY kafka_offset DESC) = 1
),

fitting AS (
    SELECT is_now, session_id
    FROM last_word
    WHERE
        NOT is_void
        AND ($from IS NULL OR opened_at >= $from::TIMESTAMP)
        AND ($to IS NULL OR opened_at < $to::TIMESTAMP)
-- include: wanted
)

SELECT
    session_id,
    account,
    provider,
    connection,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    rules,
    opened_at,
    started_at,
    ends_at,
    closed_at,
    closed_by,
    CASE WHEN closed_at IS NOT NULL THEN business_count END AS business_count,
    CASE WHEN closed_at IS NOT NULL THEN user_count END AS user_count,
    CASE WHEN closed_at IS NOT NULL THEN is_billed END AS is_billed,
    CASE WHEN closed_at IS NOT NULL THEN cost END AS cost,
    currency,
    session_id IN (SELECT fitting.session_id FROM fitting WHERE fitting.is_now) AS is_match
FROM last_word
WHERE is_now AND session_id IN (SELECT fitting.session_id FROM fitting)
ORDER BY session_id
