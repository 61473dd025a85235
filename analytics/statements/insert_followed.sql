INSERT INTO followed BY NAME
FROM renewed_followed
WHERE next_id IS NOT NULL
