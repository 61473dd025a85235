-- What became of every item received, for the whole (provider null) and by provider. Positions below the horizon must be
-- explained; what is missing above it is on its way. Every callback below $settled is settled, so that its items need not
-- be read again.
-- parameters: partitions, below, settled
WITH horizon AS (
    SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below
),

-- Whose an unclaimed attempt is, its reports say.
released AS (
    SELECT provider, released_applied_count, released_outranked_count
    FROM registration
    UNION ALL
    SELECT provider, released_applied_count, released_outranked_count
    FROM unclaimed LEFT JOIN (
        SELECT attempt_id, any_value(provider) AS provider
        FROM report SEMI JOIN unclaimed USING (attempt_id)
        GROUP BY attempt_id
    ) AS heard USING (attempt_id)
),

counted AS (
    SELECT
        open_callback.*,
        CASE WHEN kafka_offset < coalesce(below, 0) THEN missing ELSE 0 END AS unexplained,
        CASE WHEN kafka_offset < coalesce(below, 0) THEN 0 ELSE missing END AS in_flight
    FROM open_callback LEFT JOIN horizon USING (kafka_partition)
    WHERE kafka_offset >= coalesce($settled::BIGINT, 0)
    UNION ALL BY NAME
    SELECT * EXCLUDE (batch_id) FROM settled_count
    UNION ALL BY NAME
    SELECT
        provider,
        released_applied_count AS applied,
        released_outranked_count AS outranked,
        -released_applied_count - released_outranked_count AS parked
    FROM released
    WHERE released_applied_count + released_outranked_count > 0
),

summed AS (
    SELECT
        provider,
        coalesce(sum(received), 0)::BIGINT AS received,
        coalesce(sum(applied), 0)::BIGINT AS applied,
        coalesce(sum(repeated), 0)::BIGINT AS repeated,
        coalesce(sum(outranked), 0)::BIGINT AS outranked,
        coalesce(sum(parked), 0)::BIGINT AS parked,
        coalesce(sum(quarantined), 0)::BIGINT AS quarantined,
        coalesce(sum(in_flight), 0)::BIGINT AS in_flight,
        coalesce(sum(unexplained), 0)::BIGINT AS unexplained,
        coalesce(sum(surplus), 0)::BIGINT AS explained_twice
    FROM counted
    GROUP BY GROUPING SETS ((), (provider))
    -- An unclaimed attempt may be read before its reports: only the whole can tell of it then.
    HAVING grouping(provider) = 1 OR provider IS NOT NULL
)

-- A registration may be read before the parked reports that it frees, which travel on another partition.
SELECT * REPLACE (greatest(parked, 0) AS parked, in_flight + least(parked, 0) AS in_flight)
FROM summed
ORDER BY provider NULLS FIRST
