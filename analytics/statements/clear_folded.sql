DELETE FROM trust_folded
WHERE batch_id < (SELECT max(batch_id) FROM trust_folded)
