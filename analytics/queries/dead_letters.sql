-- What was put aside, newest first, and what came of it when its callback was played again: the newest replay counts. A
-- null leaves its filter out; before_* is the place of the last row that was told.
-- parameters: origins, kind, reason, provider, connection, from, to, is_retried, named_partition, named_offset
-- parameters: bytes, limit, before_at, before_partition, before_offset
WITH
-- include: retry
,

letter AS (
    SELECT dead_letter.* EXCLUDE (body, batch_id), body[1:$bytes::INTEGER] AS body, retry.* EXCLUDE (cause_partition, cause_offset)
    FROM dead_letter LEFT JOIN retry USING (cause_partition, cause_offset)
    WHERE
        ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
        AND is_wanted(kind, $kind)
        AND is_wanted(reason, $reason)
        AND is_wanted(provider, $provider)
        AND is_wanted(connection, $connection)
        AND received_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
        AND received_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
        AND ($is_retried IS NULL OR $is_retried = (retried_at IS NOT NULL))
        AND (
            $named_offset IS NULL
            OR (kafka_partition = $named_partition::SMALLINT AND kafka_offset = $named_offset::BIGINT)
        )
        AND (
            $before_at IS NULL
            OR (received_at, kafka_partition, kafka_offset)
            < ($before_at::TIMESTAMP, $before_partition::SMALLINT, $before_offset::BIGINT)
        )
    ORDER BY received_at DESC, kafka_partition DESC, kafka_offset DESC
    LIMIT $limit::BIGINT
),

-- A letter may be one item of its callback, and is then judged by that item, where the replay has as many.
fate AS (
    SELECT
        letter.kafka_partition,
        letter.kafka_offset,
        bool_or(
            verdict = 'quarantined'
            AND (item.cause_items <> letter.cause_items OR item.cause_index = letter.cause_index)
        ) AS is_aside
    FROM letter JOIN item ON item.cause_partition = retry_partition AND item.cause_offset = retry_offset
    WHERE retried_at IS NOT NULL
    GROUP BY letter.kafka_partition, letter.kafka_offset
)

SELECT
    letter.*,
    CASE
        WHEN retried_at IS NULL THEN NULL
        WHEN is_aside IS NULL THEN 'on_its_way'
        WHEN is_aside THEN 'aside'
        ELSE 'taken'
    END AS came_to
FROM letter
LEFT JOIN fate USING (kafka_partition, kafka_offset)
ORDER BY letter.received_at DESC, letter.kafka_partition DESC, letter.kafka_offset DESC
