-- The callbacks below the horizon that are not settled yet: none below $settled, so what is told of those need not be read.
CREATE OR REPLACE TEMP TABLE due AS
SELECT open_callback.*
FROM open_callback
JOIN (SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below) AS horizon
    USING (kafka_partition)
WHERE kafka_offset >= $settled::BIGINT AND kafka_offset < below
