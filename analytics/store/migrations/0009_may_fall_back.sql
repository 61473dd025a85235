-- Whether another way might cure the end that a report tells: what a plan goes by, kept for whoever asks what another
-- plan would have done. Rows of before do not say.
ALTER TABLE report ADD COLUMN may_fall_back BOOLEAN;
