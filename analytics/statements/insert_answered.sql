INSERT INTO answered BY NAME
FROM renewed_answered
WHERE attempt_id IS NOT NULL
