INSERT INTO sealed_batch VALUES ($batch_id)
