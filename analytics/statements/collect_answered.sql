-- What batches behind $folded, up to and with $newest, change of what replies answer.
CREATE OR REPLACE TEMP TABLE renewed_answered AS
WITH
-- include: replies_moved
,
-- include: replies_anew
,
-- include: answers_anew

SELECT * FROM answered_anew
