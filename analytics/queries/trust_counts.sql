-- What attempts first heard of in [first, until) and the reports about them say of their routes: how many of how many were
-- silent for too long, ended in ways that contradict each other, arrived too fast to be true, were billed and did not arrive;
-- have a code that no table knows, how long after the event they came, and between which bounds the provider's clock is ahead
-- of ours. Whole hours of [from, to) are counted as they are kept, with what batches behind $folded changed; the rest
-- from the facts, and which of [old_first, old_until) are old. The ids of the bounds are parameters of their own.
-- facts: first
-- parameters: first, whole_first, whole_until, until, from, to, days_from, days_to, day_apart, sealed
-- parameters: old_first, old_until, old_to, old_before, folded, newest, step_us, steps
-- parameters: fast_floor_ms, fast_floor_sms_ms, fast_share, future_ms, accounts
WITH
-- if: old_until
-- include: trust_old
,

-- end: old_until
-- include: touched
,

-- One range at a time, because DuckDB finds the place of each.
chosen_report AS (
    SELECT
        attempt_id,
        account,
        provider,
        connection,
        channel,
        country,
        verdict,
        status,
        is_known_code,
        attempt_status,
        is_conflict,
        latency_ms,
        price,
        source,
        occurred_at,
        received_at,
        is_known
    FROM (
        SELECT *, batch_id <= $folded::BIGINT AS is_known
        FROM report SEMI JOIN touched USING (attempt_id)
        WHERE attempt_id >= $whole_first::UUID AND attempt_id < $whole_until::UUID
        UNION ALL
        SELECT *, false AS is_known FROM report WHERE attempt_id >= $first::UUID AND attempt_id < $whole_first::UUID
        UNION ALL
        SELECT *, false AS is_known FROM report WHERE attempt_id >= $whole_until::UUID AND attempt_id < $until::UUID
    )
),

chosen_registration AS (
    SELECT
        attempt_id,
        account,
        provider,
        connection,
        channel,
        country,
        attempt_status,
        is_conflict,
        latency_ms,
        sent_at,
        registered_at,
        is_known
    FROM (
        SELECT *, batch_id <= $folded::BIGINT AS is_known
        FROM registration SEMI JOIN touched USING (attempt_id)
        WHERE attempt_id >= $whole_first::UUID AND attempt_id < $whole_until::UUID
        UNION ALL
        SELECT *, false AS is_known FROM registration WHERE attempt_id >= $first::UUID AND attempt_id < $whole_first::UUID
        UNION ALL
        SELECT *, false AS is_known FROM registration WHERE attempt_id >= $whole_until::UUID AND attempt_id < $until::UUID
    )
),

-- include: trust_cells
,

-- include: trust_kept
    UNION ALL
    SELECT
        provider,
        connection,
        channel,
        country,
        one.fact AS fact,
        one.value AS value,
        sum(side) AS n,
        -- Those of the hour in which they become old are among the old already, as they are now.
        coalesce(
            sum(side) FILTER (
                WHERE
                    CASE
                        WHEN began_at >= $from::TIMESTAMP AND began_at < $to::TIMESTAMP
                            THEN began_at < $old_to::TIMESTAMP
                        ELSE began_at <= $old_before::TIMESTAMP
                    END
            ),
            0
        ) AS old_n
    FROM told_fact
    WHERE
        one IS NOT NULL
        AND ($accounts IS NULL OR list_contains($accounts, account))
    GROUP BY ALL
),

-- include: trust_measured
