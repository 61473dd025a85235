INSERT INTO offsets BY NAME
SELECT *, $batch_id::BIGINT AS batch_id, now() AT TIME ZONE 'UTC' AS committed_at
FROM new_offsets
