-- The same as `trust_late`, of what is folded; with what batches behind $folded changed of it, unless there are none.
-- facts: first
-- parameters: first, until, beyond, folded, newest, accounts
WITH
-- if: newest
-- include: followed_anew
,

-- end: newest
late AS (
    SELECT provider, connection, channel, country, arrived_at, next_id
    FROM followed
-- if: newest
    ANTI JOIN chosen USING (attempt_id)
-- end: newest
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $until::UUID AND next_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
-- if: newest
    UNION ALL
    SELECT provider, connection, channel, country, arrived_at, next_id
    FROM followed_anew
    WHERE attempt_id >= $first::UUID AND attempt_id < $until::UUID AND next_id < $beyond::UUID
-- end: newest
)

SELECT
    provider,
    connection,
    channel,
    country,
    count(*) AS late_deliveries_n,
    count(*) FILTER (WHERE arrived_at > first_heard(next_id)) AS late_deliveries_hits
FROM late
GROUP BY provider, connection, channel, country
ORDER BY provider, connection, channel NULLS FIRST, country NULLS FIRST
