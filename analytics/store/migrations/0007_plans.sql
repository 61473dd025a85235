-- What was planned for messages, or cancelled; the texts of messages are never here. Of several plans of one message the
-- first on Kafka counts.
CREATE TABLE plan (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    told VARCHAR NOT NULL CHECK (told IN ('planned', 'cancelled')),
    message_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    told_at TIMESTAMP NOT NULL,
    recipient_hash UBIGINT,
    campaign VARCHAR,
    external_id VARCHAR,
    body_digest VARCHAR,
    policy VARCHAR,
    version INTEGER,
    in_doubt VARCHAR,
    steps STRUCT(
        channel VARCHAR,
        provider VARCHAR,
        connection VARCHAR,
        sender VARCHAR,
        wait_s BIGINT,
        succeed_on VARCHAR,
        validity_s BIGINT,
        provider_cascades BOOLEAN,
        is_session BOOLEAN
    )[],
    quiet_start TIME,
    quiet_end TIME,
    send_before TIMESTAMP,
    respects_opt_out BOOLEAN,
    budget VARCHAR,
    sent_root_id VARCHAR,
    sent_at TIMESTAMP,
    batch_id BIGINT NOT NULL
);

-- Sends to be made, and those that are not wanted any more, of which only the ids are told.
CREATE TABLE command (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    told VARCHAR NOT NULL CHECK (told IN ('commanded', 'withdrawn')),
    told_at TIMESTAMP NOT NULL,
    message_id UUID NOT NULL,
    step SMALLINT NOT NULL,
    send_id VARCHAR NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    sender VARCHAR,
    recipient_hash UBIGINT,
    campaign VARCHAR,
    is_session BOOLEAN,
    in_doubt VARCHAR,
    give_up_at TIMESTAMP,
    budget VARCHAR,
    batch_id BIGINT NOT NULL
);

-- What came of sends, each time it was told; the highest outcome counts, as in outcome_rank.
CREATE TABLE outcome (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    message_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    step SMALLINT NOT NULL,
    send_id VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    told_at TIMESTAMP NOT NULL,
    root_id VARCHAR,
    error VARCHAR,
    provider_code VARCHAR,
    may_fall_back BOOLEAN,
    parts_count INTEGER,
    price DECIMAL(18, 6),
    currency VARCHAR,
    told_by VARCHAR,
    note VARCHAR,
    batch_id BIGINT NOT NULL
);

-- Everything that was decided about messages; fact_* is what it rests on.
CREATE TABLE decision (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    message_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    because VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    step SMALLINT NOT NULL,
    channel VARCHAR NOT NULL,
    policy VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    until_at TIMESTAMP,
    send_id VARCHAR,
    fact_step SMALLINT,
    fact_channel VARCHAR,
    fact_at TIMESTAMP,
    fact_status VARCHAR,
    fact_provider_code VARCHAR,
    fact_error VARCHAR,
    batch_id BIGINT NOT NULL
);

-- The order of the outcomes, as contracts/plans.py has it (a test compares).
CREATE MACRO outcome_rank(word) AS
    list_position(['in_doubt', 'withdrawn', 'throttled', 'refused', 'accepted'], word);
