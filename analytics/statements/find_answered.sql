-- Attempts whose fallbacks or prices the answers to sends in this batch may tell of, though nothing else does.
SELECT DISTINCT attempt_id::VARCHAR AS attempt_id
FROM registration SEMI JOIN (
    FROM outcome
    WHERE batch_id = $batch_id::BIGINT AND outcome = 'accepted' AND (step > 0 OR price IS NOT NULL)
) AS taken USING (message_id, provider, connection, root_id)
