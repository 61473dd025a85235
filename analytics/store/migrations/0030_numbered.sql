-- What was stored before there was the number by which the facts of an attempt are found gets it: whoever asks need not look
-- among those without. A column is written anew as a whole, which takes no more memory for a year than for a day.
ALTER TABLE report ALTER COLUMN unit
    TYPE VARCHAR USING CASE WHEN first_tick IS NULL THEN unit_of(root_id, provider_message_id, part) ELSE unit END;
ALTER TABLE report ALTER COLUMN first_tick TYPE BIGINT USING tick_of(attempt_id);
ALTER TABLE registration ALTER COLUMN first_tick TYPE BIGINT USING tick_of(attempt_id);
