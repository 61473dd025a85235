-- How much was put aside for the same reason, and how much of it was not tried again since; what was put aside last first.
-- A null leaves its filter out.
-- parameters: origins, kind, reason, provider, connection, from, to, limit
WITH
-- include: retry

SELECT
    provider,
    connection,
    kind,
    reason,
    count(*) AS letter_count,
    count(*) FILTER (WHERE retried_at IS NULL) AS untried_count,
    min(received_at) AS first_at,
    max(received_at) AS last_at
FROM dead_letter LEFT JOIN retry USING (cause_partition, cause_offset)
WHERE
    ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
    AND is_wanted(kind, $kind)
    AND is_wanted(reason, $reason)
    AND is_wanted(provider, $provider)
    AND is_wanted(connection, $connection)
    AND received_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
    AND received_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
GROUP BY provider, connection, kind, reason
ORDER BY last_at DESC, provider, connection, kind, reason
LIMIT $limit::BIGINT
