-- The hours of the attempts in this batch, by the account that each was counted for before the batch and is after it.
INSERT INTO hour_revision BY NAME
SELECT DISTINCT hour_at, account, $batch_id::BIGINT AS batch_id
FROM new_cells
