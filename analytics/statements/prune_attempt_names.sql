-- Of attempts that are forgotten.
DELETE FROM attempt_name
WHERE first_tick < (SELECT epoch_ms(max(before_at)) >> 4 FROM forgotten)
