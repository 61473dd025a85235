-- Attempts that had not ended when their provider could no longer tell what became of them. No status: nothing else
-- moves by it, and a final report that comes later counts as any.
CREATE TABLE presumed_lost (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    attempt_id UUID NOT NULL,
    message_id UUID NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    account VARCHAR NOT NULL,
    root_id VARCHAR NOT NULL,
    attempt_status VARCHAR NOT NULL,
    questions_count INTEGER NOT NULL,
    presumed_at TIMESTAMP NOT NULL,
    batch_id BIGINT NOT NULL
);
