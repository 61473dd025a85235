INSERT INTO begun BY NAME
SELECT *, $batch_id AS batch_id
FROM new_begun
