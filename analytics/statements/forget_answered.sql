DELETE FROM answered
WHERE attempt_id < $first::UUID
