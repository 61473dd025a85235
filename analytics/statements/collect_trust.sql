-- What batches behind $folded, up to and with $newest, change of what routes are known by.
CREATE OR REPLACE TEMP TABLE renewed_trust AS
WITH
-- include: touched
,

chosen_report AS (
    SELECT *, batch_id <= $folded::BIGINT AS is_known
    FROM report SEMI JOIN touched USING (attempt_id)
    WHERE batch_id <= $newest::BIGINT
),

chosen_registration AS (
    SELECT *, batch_id <= $folded::BIGINT AS is_known
    FROM registration SEMI JOIN touched USING (attempt_id)
    WHERE batch_id <= $newest::BIGINT
),

-- include: trust_cells

SELECT
    date_trunc('hour', began_at) AS hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    one.fact AS fact,
    one.value AS value,
    sum(side) AS n
FROM told_fact
WHERE one IS NOT NULL
GROUP BY ALL
HAVING sum(side) <> 0
