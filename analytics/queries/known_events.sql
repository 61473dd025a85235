-- Which of some facts the store has, whichever callback brought them.
-- parameters: event_ids
WITH asked AS (SELECT unnest($event_ids::UUID[]) AS event_id),

known AS (
    SELECT event_id FROM report
    UNION ALL
    SELECT event_id FROM inbound
    UNION ALL
    SELECT event_id FROM signal
)

SELECT DISTINCT replace(event_id::VARCHAR, '-', '') AS event_id
FROM known SEMI JOIN asked USING (event_id)
