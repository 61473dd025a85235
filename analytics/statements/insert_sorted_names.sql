-- The names that are in no order, in theirs; each attempt's once, in however many batches it was told.
INSERT INTO attempt_name BY NAME
SELECT DISTINCT name_hash, first_tick, true AS is_sorted
FROM attempt_name
WHERE NOT is_sorted
ORDER BY name_hash
