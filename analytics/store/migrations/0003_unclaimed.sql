-- Attempts whose registration did not come in time: from then on they count under a message id of their own. released_*
-- say how many parked reports that frees. Whose attempt it is, its reports say.
CREATE TABLE unclaimed (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    attempt_id UUID NOT NULL,
    message_id UUID NOT NULL,
    verdict VARCHAR NOT NULL CHECK (verdict = 'unclaimed'),
    attempt_status VARCHAR NOT NULL,
    is_conflict BOOLEAN,
    told_at TIMESTAMP NOT NULL,
    released_applied_count INTEGER,
    released_outranked_count INTEGER,
    batch_id BIGINT NOT NULL
);
