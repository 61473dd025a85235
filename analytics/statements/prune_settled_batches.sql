DELETE FROM settled_batch
WHERE batch_id < settled_until()
