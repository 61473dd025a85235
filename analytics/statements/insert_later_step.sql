INSERT INTO later_step BY NAME
SELECT * EXCLUDE (roots)
FROM renewed_later_step
ORDER BY moment_at
