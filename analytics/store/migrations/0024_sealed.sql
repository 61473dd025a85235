-- Up to which batch the hours that changed are sealed; the highest counts. What a store of before has not sealed is sealed when
-- its hour changes again.
CREATE TABLE sealed_batch (
    batch_id BIGINT NOT NULL
);

INSERT INTO sealed_batch SELECT max(batch_id) FROM hour_delta HAVING max(batch_id) IS NOT NULL;
