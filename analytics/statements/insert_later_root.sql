INSERT INTO later_root BY NAME
SELECT message_id, moment_at, unnest(roots, recursive := true)
FROM renewed_later_step
