-- Of a callback that was played again: where the one stands that it repeats. Rows of before do not say.
ALTER TABLE callback ADD COLUMN replay_of_partition SMALLINT;
ALTER TABLE callback ADD COLUMN replay_of_offset BIGINT;
