-- Up to which batch what is told behind the batches has been folded, one row a fold, and by which rule where a setting decides
-- what is kept. What came later is counted from the facts.
CREATE TABLE folded (
    fold VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    batch_id BIGINT NOT NULL
);

INSERT INTO folded SELECT 'trust', '', max(batch_id) FROM trust_folded HAVING max(batch_id) IS NOT NULL;

DROP TABLE trust_folded;

-- The attempts behind which another left for the same message, each once: its route, the next attempt, and when we first heard
-- that it arrived itself.
CREATE TABLE followed (
    attempt_id UUID NOT NULL,
    next_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    channel VARCHAR,
    country VARCHAR,
    arrived_at TIMESTAMP
);

-- The replies of which it is known what they answer, each once: whose reply it is, and by what the attempt is counted.
CREATE TABLE answered (
    event_id UUID NOT NULL,
    replier VARCHAR NOT NULL,
    received_at TIMESTAMP NOT NULL,
    attempt_id UUID NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    campaign VARCHAR,
    sender VARCHAR
);
