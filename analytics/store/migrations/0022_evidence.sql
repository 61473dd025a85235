-- By what the sink finds, with each batch, all that is known of its attempts. Whole numbers are looked through in a fraction
-- of the time that ids take, and the ids of a provider take as long to read as all else that is wanted of a row.

-- When an attempt was first heard of, as its id says, in ticks of 16 ms: DuckDB keeps a bit for each that is looked for as
-- long as they are within 2^26, which is twelve days. Rows of before do not say.
CREATE MACRO tick_of(attempt_id) AS epoch_ms(uuid_extract_timestamp(attempt_id)) >> 4;

ALTER TABLE report ADD COLUMN first_tick BIGINT;
ALTER TABLE registration ADD COLUMN first_tick BIGINT;

-- What of the attempt a report is about: null for the whole, else its leg or, where it has a `part`, a piece of the text.
CREATE MACRO unit_of(root_id, provider_message_id, part) AS
    coalesce(part || '/' || provider_message_id, leg_of(root_id, provider_message_id, part));

ALTER TABLE report ADD COLUMN unit VARCHAR;
