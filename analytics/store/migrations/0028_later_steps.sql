-- The steps behind the first of plans, each once, by when its first try was commanded: by which way it went and why, whether a
-- provider took it, whether it arrived, and whether a step before it had arrived after all.
CREATE TABLE later_step (
    message_id UUID NOT NULL,
    step SMALLINT NOT NULL,
    moment_at TIMESTAMP NOT NULL,
    account VARCHAR,
    channel VARCHAR,
    campaign VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    sender VARCHAR,
    because VARCHAR,
    after_channel VARCHAR,
    is_taken BOOLEAN NOT NULL,
    has_arrived BOOLEAN NOT NULL,
    is_double BOOLEAN NOT NULL
);

-- What providers call what they took of these, and whether that is known to have arrived.
CREATE TABLE later_root (
    message_id UUID NOT NULL,
    send_id VARCHAR NOT NULL,
    moment_at TIMESTAMP NOT NULL,
    provider VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    root_id VARCHAR NOT NULL,
    has_arrived BOOLEAN NOT NULL
);
