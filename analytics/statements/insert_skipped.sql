INSERT INTO skipped BY NAME
SELECT *, $batch_id AS batch_id
FROM new_skipped
