-- The attempts that this batch tells of. Of those of a time that is forgotten the counts stand: there is nothing left to
-- compare with.
SELECT attempt_id, tick_of(attempt_id) AS first_tick
FROM (SELECT attempt_id::UUID AS attempt_id FROM (FROM new_told UNION ALL FROM new_answered))
WHERE attempt_id >= (SELECT coalesce(max(first_id), '00000000-0000-0000-0000-000000000000'::UUID) FROM forgotten)
