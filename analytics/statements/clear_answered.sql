DELETE FROM answered
WHERE event_id IN (SELECT event_id FROM renewed_answered)
