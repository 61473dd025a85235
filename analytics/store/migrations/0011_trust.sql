-- Whether a code table knows the provider's code: there are codes that mean that nobody knows. Rows of before do not say.
ALTER TABLE report ADD COLUMN is_known_code BOOLEAN;

CREATE MACRO is_unknown_code(is_known_code, status) AS coalesce(NOT is_known_code, status = 'unknown');

-- Alarms, each once when it was raised and once when it was cleared; a word that was written twice has one alarm_id.
CREATE TABLE alarm (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    alarm_id VARCHAR NOT NULL,
    told VARCHAR NOT NULL CHECK (told IN ('raised', 'cleared')),
    kind VARCHAR NOT NULL,
    told_at TIMESTAMP NOT NULL,
    raised_at TIMESTAMP NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    value DOUBLE,
    usual DOUBLE,
    detail VARCHAR,
    batch_id BIGINT NOT NULL
);
