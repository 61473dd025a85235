-- What became of every item received, for the whole (provider null) and by provider. Positions below the horizon must be
-- explained; what is missing above it is on its way. A callback whose items are not known yet counts as one.
-- parameters: partitions, below
WITH horizon AS (
    SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below
),

explained AS (
    SELECT
        cause_partition AS kafka_partition,
        cause_offset AS kafka_offset,
        max(cause_items) AS items,
        count(*) AS explanations,
        count(DISTINCT cause_index) AS explained,
        count_if(verdict = 'applied') AS applied,
        count_if(verdict = 'repeated') AS repeated,
        count_if(verdict = 'outranked') AS outranked,
        count_if(verdict = 'parked') AS parked,
        count_if(verdict = 'quarantined') AS quarantined
    FROM item
    GROUP BY cause_partition, cause_offset
),

callback_state AS (
    SELECT
        provider,
        coalesce(items, 1) AS received,
        applied,
        repeated,
        outranked,
        parked,
        quarantined,
        coalesce(items, 1) - coalesce(explained, 0) AS missing,
        coalesce(explanations - explained, 0) AS surplus,
        kafka_offset < coalesce(below, 0) AS is_due
    FROM callback
    LEFT JOIN explained USING (kafka_partition, kafka_offset)
    LEFT JOIN horizon USING (kafka_partition)
),

released AS (
    SELECT provider, sum(released_applied_count) AS applied, sum(released_outranked_count) AS outranked
    FROM registration
    GROUP BY provider
),

account_of AS (
    SELECT * FROM callback_state
    UNION ALL BY NAME
    SELECT provider, applied, outranked, -applied - outranked AS parked FROM released
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
        coalesce(sum(missing) FILTER (WHERE NOT is_due), 0)::BIGINT AS in_flight,
        coalesce(sum(missing) FILTER (WHERE is_due), 0)::BIGINT AS unexplained,
        coalesce(sum(surplus), 0)::BIGINT AS explained_twice
    FROM account_of
    GROUP BY GROUPING SETS ((), (provider))
)

-- A registration may be read before the parked reports that it frees, which travel on another partition.
SELECT * REPLACE (greatest(parked, 0) AS parked, in_flight + least(parked, 0) AS in_flight)
FROM summed
ORDER BY provider NULLS FIRST
