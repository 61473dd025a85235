INSERT INTO marks BY NAME
SELECT *, $batch_id::BIGINT AS batch_id
FROM new_marks
