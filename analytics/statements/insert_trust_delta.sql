-- What batches behind $folded, up to and with $until, change of what routes are known by. Of attempts of a time that is
-- forgotten the counts stand: there is nothing left to compare with.
INSERT INTO trust_delta BY NAME
WITH kept AS (
    SELECT coalesce(max(first_id), '00000000-0000-0000-0000-000000000000'::UUID) AS first_id FROM forgotten
),

touched AS (
    SELECT attempt_id
    FROM report
    WHERE batch_id > $folded::BIGINT AND batch_id <= $until::BIGINT AND attempt_id >= (SELECT first_id FROM kept)
    UNION
    SELECT attempt_id
    FROM registration
    WHERE batch_id > $folded::BIGINT AND batch_id <= $until::BIGINT AND attempt_id >= (SELECT first_id FROM kept)
),

chosen_report AS (
    SELECT *, batch_id <= $folded::BIGINT AS is_known
    FROM report SEMI JOIN touched USING (attempt_id)
    WHERE batch_id <= $until::BIGINT
),

chosen_registration AS (
    SELECT *, batch_id <= $folded::BIGINT AS is_known
    FROM registration SEMI JOIN touched USING (attempt_id)
    WHERE batch_id <= $until::BIGINT
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

SELECT *, $batch_id AS batch_id FROM signed
