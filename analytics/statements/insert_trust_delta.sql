-- What batches behind $folded, up to and with $newest, change of what routes are known by.
INSERT INTO trust_delta BY NAME
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

signed AS (
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
)

-- What is sealed is added to nothing more, so this counts as of a batch behind it.
SELECT *, greatest($batch_id::BIGINT, sealed_until() + 1) AS batch_id FROM signed
