-- The newest reports that changed something, of those received at $since or later, newest first.
-- parameters: accounts, since, limit
SELECT
    received_at,
    occurred_at,
    coalesce(message_id, attempt_id) AS message_id,
    attempt_id,
    account,
    provider,
    connection,
    channel,
    country,
    verdict,
    status,
    attempt_status,
    previous_status,
    reason,
    provider_code,
    is_conflict
FROM report
WHERE
    received_at >= $since::TIMESTAMP
    AND verdict IN ('applied', 'parked')
    AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY received_at DESC, kafka_offset DESC
LIMIT $limit::BIGINT
