DELETE FROM sealed_batch
WHERE batch_id < (SELECT max(batch_id) FROM sealed_batch)
