-- What the store has of some attempts, by provider, connection and root id: the id they have, when they were registered,
-- and whether they were given up as unclaimed.
-- parameters: keys
WITH asked AS (SELECT unnest($keys::VARCHAR[]) AS attempt_key),

heard AS (
    SELECT provider || ':' || connection || ':' || root_id AS attempt_key, attempt_id, NULL::TIMESTAMP AS registered_at
    FROM report
    UNION ALL
    SELECT provider || ':' || connection || ':' || root_id AS attempt_key, attempt_id, registered_at
    FROM registration
)

SELECT
    attempt_key,
    min(attempt_id)::VARCHAR AS attempt_id,
    list(registered_at) FILTER (WHERE registered_at IS NOT NULL) AS registered_at,
    bool_or(attempt_id IN (SELECT attempt_id FROM unclaimed)) AS is_unclaimed
FROM heard SEMI JOIN asked USING (attempt_key)
GROUP BY attempt_key
