DELETE FROM followed
WHERE attempt_id IN (SELECT attempt_id FROM renewed_followed)
