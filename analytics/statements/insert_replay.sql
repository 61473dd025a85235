-- What parse_replay.sql made of reports of callbacks that were played again. One that the store has had from an earlier
-- batch is a repeat that moves nothing, though track may have forgotten the attempt and take it for new.
INSERT INTO report BY NAME
WITH told AS (
    FROM new_replay
),

new AS (
-- include: report_row
),

stored AS (
    SELECT DISTINCT event_id
    FROM report SEMI JOIN new USING (event_id)
    WHERE batch_id < $batch_id
)

SELECT
    new.* REPLACE (
        CASE
            WHEN stored.event_id IS NOT NULL AND verdict IN ('applied', 'outranked') THEN 'repeated'
            ELSE verdict
        END AS verdict,
        CASE WHEN stored.event_id IS NULL THEN previous_status ELSE attempt_status END AS previous_status
    )
FROM new LEFT JOIN stored USING (event_id)
