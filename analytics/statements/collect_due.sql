-- The callbacks below the horizon that are not settled yet.
CREATE OR REPLACE TEMP TABLE due AS
SELECT open_callback.*
FROM open_callback
JOIN (SELECT unnest($partitions::SMALLINT[]) AS kafka_partition, unnest($below::BIGINT[]) AS below) AS horizon
    USING (kafka_partition)
WHERE kafka_offset < below
