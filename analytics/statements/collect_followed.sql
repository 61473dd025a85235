-- What batches behind $folded, up to and with $newest, change of the attempts behind which another left.
CREATE OR REPLACE TEMP TABLE renewed_followed AS
WITH
-- include: followed_anew

SELECT * FROM followed_anew
