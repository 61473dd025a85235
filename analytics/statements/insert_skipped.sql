INSERT INTO skipped BY NAME
SELECT *, $batch_id::BIGINT AS batch_id
FROM new_skipped
