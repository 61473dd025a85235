-- What the registrations that go have freed: it stays counted where it is, by the rules of queries/conservation.sql.
INSERT INTO settled_count BY NAME
WITH freed AS (
    SELECT provider, released_applied_count, released_outranked_count
    FROM registration
    WHERE attempt_id < $first::UUID
    UNION ALL
    SELECT provider, released_applied_count, released_outranked_count
    FROM unclaimed LEFT JOIN (
        SELECT attempt_id, any_value(provider) AS provider FROM report WHERE attempt_id < $first::UUID GROUP BY attempt_id
    ) AS heard USING (attempt_id)
    WHERE attempt_id < $first::UUID
)

SELECT
    provider,
    sum(released_applied_count) AS applied,
    sum(released_outranked_count) AS outranked,
    -sum(released_applied_count + released_outranked_count) AS parked,
    $batch_id AS batch_id
FROM freed
WHERE released_applied_count + released_outranked_count > 0
GROUP BY provider
