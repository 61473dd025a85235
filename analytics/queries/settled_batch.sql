-- Up to which batch what is kept behind the batches is settled.
-- lane: look-up
SELECT settled_until() AS settled
