INSERT INTO marks BY NAME
SELECT *, $batch_id AS batch_id
FROM new_marks
