-- The facts of before $before, and whether the callbacks that they stem from are settled. Attempts go whole, by when they
-- were first heard of; $first is the first id that stays.
CREATE OR REPLACE TEMP TABLE going AS
WITH settled AS (
    SELECT kafka_partition AS cause_partition, max(below) AS below FROM settled_place GROUP BY kafka_partition
),

old AS (
    SELECT 'updates' AS topic, 'report' AS fact, kafka_partition, kafka_offset, cause_partition, cause_offset
    FROM report
    WHERE attempt_id < $first::UUID
    UNION ALL BY NAME
    SELECT 'updates' AS topic, 'registration' AS fact, kafka_partition, kafka_offset, registered_at
    FROM registration
    WHERE attempt_id < $first::UUID
    UNION ALL BY NAME
    SELECT 'updates' AS topic, 'unclaimed' AS fact, kafka_partition, kafka_offset
    FROM unclaimed
    WHERE attempt_id < $first::UUID
    UNION ALL BY NAME
    SELECT 'presumed-lost' AS topic, 'presumed_lost' AS fact, kafka_partition, kafka_offset
    FROM presumed_lost
    WHERE attempt_id < $first::UUID
    UNION ALL BY NAME
    SELECT 'inbound' AS topic, 'inbound' AS fact, kafka_partition, kafka_offset, cause_partition, cause_offset
    FROM inbound
    WHERE received_at < $before
    UNION ALL BY NAME
    SELECT 'signals' AS topic, 'signal' AS fact, kafka_partition, kafka_offset, cause_partition, cause_offset
    FROM signal
    WHERE received_at < $before
    UNION ALL BY NAME
    SELECT 'dead-letters' AS topic, 'dead_letter' AS fact, kafka_partition, kafka_offset, cause_partition, cause_offset
    FROM dead_letter
    WHERE received_at < $before
    UNION ALL BY NAME
    SELECT
        'callbacks' AS topic,
        'callback' AS fact,
        kafka_partition,
        kafka_offset,
        kafka_partition AS cause_partition,
        kafka_offset AS cause_offset
    FROM callback
    WHERE received_at < $before
)

SELECT old.*, coalesce(cause_partition, -1) < 0 OR cause_offset < coalesce(below, 0) AS is_settled
FROM old LEFT JOIN settled USING (cause_partition)
