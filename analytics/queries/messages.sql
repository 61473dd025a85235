-- Where each attempt stands that was first heard of in [first, beyond) and is wanted, newest first; of some attempts when
-- they are named, else of all.
-- parameters: first, beyond, attempts, limit
-- parameters: accounts, account, provider, connection, channel, country, campaign, sender, status, reason
WITH evidence AS (
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, external_id,
        leg_of(root_id, provider_message_id, part) AS leg,
        channel, country, campaign, sender, attempt_status, previous_status, is_conflict, sent_at, delivered_at, latency_ms,
        CASE WHEN is_bad_end(status) THEN rank_of(status) || reason END AS reason_claim,
        'report' AS told
    FROM report
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
-- if: attempts
        AND attempt_id IN (SELECT unnest($attempts::UUID[]))
-- end: attempts
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL BY NAME
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, external_id, channel, country, campaign, sender,
        attempt_status, previous_status, is_conflict, sent_at, delivered_at, latency_ms,
        'registration' AS told
    FROM registration
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
-- if: attempts
        AND attempt_id IN (SELECT unnest($attempts::UUID[]))
-- end: attempts
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL BY NAME
    SELECT attempt_id, message_id, 'unclaimed' AS told
    FROM unclaimed
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
-- if: attempts
        AND attempt_id IN (SELECT unnest($attempts::UUID[]))
-- end: attempts
),

summed AS (
    SELECT
-- include: attempt_sums
    FROM evidence
    GROUP BY attempt_id
    HAVING max(account) IS NOT NULL
),

attempt AS (
    SELECT
        * EXCLUDE (reason_claim),
        reason_at(status, reason_claim) AS reason,
        first_heard(attempt_id) AS first_heard_at
    FROM summed
)

SELECT * FROM attempt
WHERE
    true
-- include: wanted
ORDER BY attempt_id DESC
LIMIT $limit::BIGINT
