-- What attempts first heard of in [first, until) and the reports about them say of their routes: how many of how many were
-- silent for too long, ended in ways that contradict each other, arrived too fast to be true, were billed and did not arrive;
-- have a code that no table knows, how long after the event they came, and between which bounds the provider's clock is ahead
-- of ours. Whole hours of [whole_from, whole_to) but those of [cut_from, cut_to) are counted as they are kept, with what came
-- after batch $folded; the rest from the facts. The ids of the bounds are parameters of their own.
-- facts: first
-- parameters: first, whole_first, cut_first, cut_until, whole_until, until, whole_from, whole_to, cut_from, cut_to, folded
-- parameters: old_before, step_us, steps, fast_floor_ms, fast_floor_sms_ms, fast_share, future_ms, accounts
WITH touched AS (
    SELECT attempt_id
    FROM report
    WHERE
        batch_id > $folded::BIGINT
        AND (
            (attempt_id >= $whole_first::UUID AND attempt_id < $cut_first::UUID)
            OR (attempt_id >= $cut_until::UUID AND attempt_id < $whole_until::UUID)
        )
    UNION
    SELECT attempt_id
    FROM registration
    WHERE
        batch_id > $folded::BIGINT
        AND (
            (attempt_id >= $whole_first::UUID AND attempt_id < $cut_first::UUID)
            OR (attempt_id >= $cut_until::UUID AND attempt_id < $whole_until::UUID)
        )
),

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
        batch_id <= $folded::BIGINT AS is_known
    FROM report SEMI JOIN touched USING (attempt_id)
    UNION ALL
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
        false AS is_known
    FROM report
    WHERE
        (attempt_id >= $first::UUID AND attempt_id < $whole_first::UUID)
        OR (attempt_id >= $cut_first::UUID AND attempt_id < $cut_until::UUID)
        OR (attempt_id >= $whole_until::UUID AND attempt_id < $until::UUID)
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
        batch_id <= $folded::BIGINT AS is_known
    FROM registration SEMI JOIN touched USING (attempt_id)
    UNION ALL
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
        false AS is_known
    FROM registration
    WHERE
        (attempt_id >= $first::UUID AND attempt_id < $whole_first::UUID)
        OR (attempt_id >= $cut_first::UUID AND attempt_id < $cut_until::UUID)
        OR (attempt_id >= $whole_until::UUID AND attempt_id < $until::UUID)
),

-- include: trust_cells

counted AS (
-- include: trust_kept
    UNION ALL
    SELECT
        provider,
        connection,
        channel,
        country,
        one.fact AS fact,
        one.value AS value,
        coalesce(began_at <= $old_before::TIMESTAMP, false) AS is_old,
        sum(side) AS n
    FROM told_fact
    WHERE
        one IS NOT NULL
        AND ($accounts IS NULL OR list_contains($accounts, account))
    GROUP BY ALL
),

-- include: trust_measured
