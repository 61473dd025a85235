-- The messages of whose later steps batches behind $folded may tell something.
-- parameters: folded, newest
WITH
-- include: later_steps_concerned

SELECT message_id FROM concerned
