-- What batches behind $folded, up to and with $newest, change of the steps behind the first. Of those of a time that is
-- forgotten nothing is kept.
CREATE OR REPLACE TEMP TABLE renewed_later_step AS
WITH
-- include: later_steps_concerned
,

-- include: later_steps_anew

SELECT *
FROM later_step_anew
WHERE moment_at >= (SELECT coalesce(max(before_at), '-infinity'::TIMESTAMP) FROM forgotten)
