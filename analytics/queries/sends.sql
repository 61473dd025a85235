-- How many sends were commanded in a span of time, by step, channel, provider and connection, and what came of them.
-- parameters: accounts, from, to
WITH
asked AS (
    SELECT *
    FROM command
    WHERE
        ($accounts IS NULL OR list_contains($accounts, account))
        AND told_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
        AND told_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
),

-- include: send

SELECT step, channel, provider, connection, outcome, count(*) AS send_count
FROM send
GROUP BY step, channel, provider, connection, outcome
ORDER BY step, channel, provider, connection, outcome_rank(outcome) DESC
