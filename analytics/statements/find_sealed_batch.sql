-- Up to which batch the hours that changed are sealed.
SELECT coalesce(max(batch_id), 0) FROM sealed_batch
