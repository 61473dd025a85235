-- What waits of the reports of batches up to and with $until. What is forgotten waits no more.
CREATE OR REPLACE TEMP TABLE due_parked AS
WITH
-- include: waiting

SELECT * EXCLUDE (is_settled)
FROM waiting
WHERE attempt_id >= (SELECT coalesce(max(first_id), '00000000-0000-0000-0000-000000000000'::UUID) FROM forgotten)
