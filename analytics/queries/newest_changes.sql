-- The newest reports that changed something, newest first.
-- parameters: accounts, limit
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
WHERE verdict IN ('applied', 'parked') AND ($accounts IS NULL OR list_contains($accounts, account))
ORDER BY received_at DESC, kafka_offset DESC
LIMIT $limit::BIGINT
