DELETE FROM followed
WHERE attempt_id < $first::UUID
