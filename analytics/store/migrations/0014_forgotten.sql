-- Up to when facts are forgotten; the newest row counts. Of attempts first heard of before, and of what was received
-- before, only counts are left, and these do not change any more. Ids of attempts begin with their time: below first_id
-- are those of before.
CREATE TABLE forgotten (
    before_at TIMESTAMP NOT NULL,
    first_id UUID NOT NULL,
    row_count BIGINT NOT NULL,
    batch_id BIGINT NOT NULL
);
