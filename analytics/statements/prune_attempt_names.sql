DELETE FROM attempt_name
WHERE attempt_id < (SELECT max(first_id) FROM forgotten)
