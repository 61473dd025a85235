-- Where each attempt of the batch is counted: side -1 is the cell it was in before the batch, side +1 the one after. The
-- leg of the attempt itself is the empty text.
WITH sides AS (
    SELECT *, unnest(CASE WHEN is_fresh THEN [1] ELSE [-1, 1] END) AS side FROM new_evidence
),

attempt AS (
    SELECT
        side,
        attempt_id,
        '' AS leg,
        any_value(provider) AS provider,
        any_value(connection) AS connection,
        max(account) AS account,
        max(channel) FILTER (WHERE sides.leg IS NULL) AS channel,
        max(country) AS country,
        max(campaign) AS campaign,
        max(sender) AS sender,
        standing(sum(moves)) AS status,
        max(reason_claim) AS reason_claim,
        bool_or(is_conflict) AS is_conflict,
        count(sides.leg) = 0 AND NOT coalesce(bool_or(is_transaction), false) AS is_plain,
        max(latency_ms) AS latency_ms,
        max(latency_channel) AS latency_channel,
        coalesce(sum(repeated_count) FILTER (WHERE sides.leg IS NULL), 0)::BIGINT AS repeated_count
    FROM sides
    GROUP BY side, attempt_id
),

entry AS (
    SELECT
        side,
        attempt_id,
        leg,
        max(channel) AS channel,
        status_at(max(item_rank)) AS status,
        max(reason_claim) AS reason_claim,
        coalesce(bool_or(is_new_conflict), false) AS is_conflict,
        sum(repeated_count)::BIGINT AS repeated_count
    FROM sides
    WHERE leg IS NOT NULL
    GROUP BY side, attempt_id, leg
),

counted AS (
    SELECT *, 1 AS attempt_count, is_plain::INTEGER AS entry_count FROM attempt
    UNION ALL BY NAME
    SELECT
        attempt.* REPLACE (
            entry.leg AS leg,
            entry.channel AS channel,
            entry.status AS status,
            entry.reason_claim AS reason_claim,
            entry.is_conflict AS is_conflict,
            NULL AS latency_ms,
            entry.repeated_count AS repeated_count
        ),
        0 AS attempt_count,
        1 AS entry_count
    FROM entry JOIN attempt USING (side, attempt_id)
)

SELECT
    * EXCLUDE (reason_claim, is_plain),
    date_trunc('hour', first_heard(attempt_id::UUID)) AS hour_at,
    reason_at(status, reason_claim) AS reason
FROM counted
