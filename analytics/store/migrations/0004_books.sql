-- Where the store began to read each partition: from there on every offset has one row, or is skipped for a reason. A
-- store of before kept no such books, so its begin with what it reads next.
CREATE TABLE begun (
    topic VARCHAR,
    kafka_partition SMALLINT,
    first_offset BIGINT,
    batch_id BIGINT
);

INSERT INTO begun
SELECT topic, kafka_partition, max(next_offset), max(batch_id) FROM offsets GROUP BY topic, kafka_partition;

-- Records that a stage had written before: it was killed, and wrote them again.
CREATE TABLE skipped (
    topic VARCHAR,
    kafka_partition SMALLINT,
    kafka_offset BIGINT,
    batch_id BIGINT
);
