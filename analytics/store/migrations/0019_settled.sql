-- Up to which batch what is kept below is settled; the highest counts. What came later is looked at with each question.
CREATE TABLE settled_batch (
    batch_id BIGINT NOT NULL
);

CREATE MACRO settled_until() AS (SELECT coalesce(max(batch_id), 0) FROM settled_batch);

-- When each connection called back first and last in an hour in which it did. What was played again is no callback.
CREATE TABLE callback_span (
    hour_at TIMESTAMP NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL
);

-- Reports that wait for the registration of their attempt.
CREATE TABLE parked (
    attempt_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    received_at TIMESTAMP NOT NULL
);

-- The message of whose sends one goes by that id, as contracts/plans.py has it; null when the id is none of a send.
CREATE MACRO message_of_send(send_id) AS
    CASE WHEN send_id LIKE '%-_-_' THEN try_cast(left(send_id, length(send_id) - 4) AS UUID) END;

-- What names a send by its id, as long as no answer of its provider says what it took.
CREATE TABLE heard_send (
    send_id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    root_id VARCHAR NOT NULL,
    heard_at TIMESTAMP NOT NULL
);

-- Sends that wait for their outcome, or are in doubt.
CREATE TABLE open_send (
    message_id UUID NOT NULL,
    send_id VARCHAR NOT NULL
);

-- How many sends were commanded in each hour, by what came of them; and of how many steps that left twice one of them is
-- the first.
CREATE TABLE send_count (
    hour_at TIMESTAMP NOT NULL,
    account VARCHAR,
    step SMALLINT,
    channel VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    outcome VARCHAR NOT NULL,
    send_count BIGINT NOT NULL,
    double_count BIGINT NOT NULL
);
