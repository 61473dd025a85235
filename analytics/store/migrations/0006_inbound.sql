-- What people wrote, and what in it names the message that they answer. Rows of before have none of it: their words
-- are on Kafka as long as it keeps them.
ALTER TABLE inbound ADD COLUMN text VARCHAR;
ALTER TABLE inbound ADD COLUMN media_url VARCHAR;
ALTER TABLE inbound ADD COLUMN reply_id VARCHAR;
ALTER TABLE inbound ADD COLUMN tracking VARCHAR;
ALTER TABLE inbound ADD COLUMN external_id VARCHAR;

-- Every wish that stood for a while: to get no messages of a sender (of any when it is null), or to get them again.
CREATE TABLE suppression (
    kafka_partition SMALLINT NOT NULL,
    kafka_offset BIGINT NOT NULL,
    event_id UUID NOT NULL,
    account VARCHAR NOT NULL,
    sender VARCHAR,
    recipient_hash UBIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL,
    keyword VARCHAR,
    language VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    note VARCHAR,
    told_by VARCHAR,
    cause_partition SMALLINT,
    cause_offset BIGINT,
    cause_index INTEGER,
    cause_items INTEGER,
    batch_id BIGINT NOT NULL
);

-- Our senders in one spelling; the empty text stands for all of them (as contracts/suppressions.py has it).
CREATE MACRO sender_name(sender) AS lower(ltrim(trim(coalesce(sender, '')), '+'));
