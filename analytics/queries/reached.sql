-- How far the store has read each partition with the batches behind $since: what is told of every answer, and little of it is
-- new. In a row of its own, up to which batch the hours are sealed, and up to when facts are forgotten, which is null while all
-- are kept.
-- parameters: since
-- lane: look-up
SELECT topic, kafka_partition, next_offset, batch_id, NULL::TIMESTAMP AS before_at
FROM offsets
WHERE batch_id > $since::BIGINT
UNION ALL
SELECT NULL, NULL, NULL, sealed_until(), max(before_at) FROM forgotten
