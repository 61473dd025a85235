"""The questions about what is settled as they were when nothing was: every answer from all facts there are."""

SEND = """
commanded AS (
    SELECT *
    FROM asked
    WHERE told = 'commanded'
    QUALIFY row_number() OVER (PARTITION BY send_id ORDER BY kafka_offset) = 1
),

said AS (
    SELECT *
    FROM outcome SEMI JOIN commanded USING (send_id)
    QUALIFY row_number() OVER (
        PARTITION BY send_id ORDER BY outcome_rank(outcome) DESC, told_at, kafka_partition, kafka_offset
    ) = 1
),

-- Looked for only where no provider's answer says what it calls what it took: among all that was heard they are few.
unsure AS (
    SELECT send_id
    FROM commanded ANTI JOIN (
        SELECT send_id FROM said WHERE outcome = 'accepted' AND root_id IS NOT NULL
    ) AS sure USING (send_id)
),

heard AS (
    SELECT external_id AS send_id, provider, connection, root_id, received_at AS heard_at
    FROM report SEMI JOIN unsure ON unsure.send_id = report.external_id
    UNION ALL
    SELECT external_id AS send_id, provider, connection, root_id, registered_at AS heard_at
    FROM registration SEMI JOIN unsure ON unsure.send_id = registration.external_id
),

-- What providers call what they took: two for one send would be two messages.
root AS (
    SELECT send_id, count(DISTINCT (provider, connection, root_id)) AS root_count, min(root_id) AS root_id
    FROM (
        SELECT send_id, provider, connection, root_id
        FROM outcome SEMI JOIN commanded USING (send_id)
        WHERE outcome = 'accepted' AND root_id IS NOT NULL
        UNION ALL
        SELECT send_id, provider, connection, root_id FROM heard
    )
    GROUP BY send_id
),

first_heard_of AS (
    SELECT send_id, min(heard_at) AS heard_at FROM heard GROUP BY send_id
),

send AS (
    SELECT
        commanded.message_id,
        commanded.account,
        commanded.step,
        commanded.send_id,
        commanded.provider,
        commanded.connection,
        commanded.channel,
        commanded.sender,
        commanded.campaign,
        commanded.is_session,
        commanded.in_doubt AS on_doubt,
        commanded.told_at AS commanded_at,
        commanded.give_up_at,
        CASE WHEN heard_at IS NOT NULL THEN 'accepted' ELSE coalesce(said.outcome, 'waiting') END AS outcome,
        CASE WHEN said.outcome = 'accepted' OR heard_at IS NULL THEN said.told_at ELSE heard_at END AS told_at,
        coalesce(said.root_id, root.root_id) AS root_id,
        greatest(coalesce(root_count, 0), CASE WHEN said.outcome = 'accepted' THEN 1 ELSE 0 END) AS taken_count,
        said.error,
        said.provider_code,
        said.may_fall_back,
        said.price,
        said.currency,
        said.told_by,
        said.note
    FROM commanded
    LEFT JOIN said USING (send_id)
    LEFT JOIN first_heard_of USING (send_id)
    LEFT JOIN root USING (send_id)
)
"""
SEND_BALANCE = f"""
WITH
asked AS (
    SELECT * FROM command
),

{SEND}

SELECT
    count(*) AS sends,
    count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
    count(*) FILTER (WHERE outcome = 'refused') AS refused,
    count(*) FILTER (WHERE outcome = 'throttled') AS throttled,
    count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE outcome = 'in_doubt') AS in_doubt,
    count(*) FILTER (WHERE outcome = 'waiting') AS waiting,
    (
        SELECT count(*)
        FROM (SELECT message_id, step FROM send GROUP BY message_id, step HAVING sum(taken_count) > 1)
    ) AS double_sends
FROM send
"""
SENDS = f"""
WITH
asked AS (
    SELECT * FROM command
),

{SEND}

SELECT step, channel, provider, connection, outcome, count(*) AS send_count
FROM send
WHERE
    ($accounts IS NULL OR list_contains($accounts, account))
    AND commanded_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
    AND commanded_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
GROUP BY step, channel, provider, connection, outcome
ORDER BY step, channel, provider, connection, outcome_rank(outcome) DESC
"""
IN_DOUBT = f"""
WITH
asked AS (
    SELECT *
    FROM command ANTI JOIN (SELECT send_id FROM outcome WHERE outcome <> 'in_doubt') AS resolved USING (send_id)
    WHERE $accounts IS NULL OR list_contains($accounts, account)
),

{SEND}

SELECT *, coalesce(told_at, give_up_at) AS since, count(*) OVER () AS open_count
FROM send
WHERE
    outcome = 'in_doubt'
    OR (outcome = 'waiting' AND give_up_at + to_seconds($overdue_s) < $now::TIMESTAMP)
ORDER BY since, send_id
LIMIT $limit::BIGINT
"""
PARKED = """
SELECT
    account,
    provider,
    connection,
    count(*) AS report_count,
    count(DISTINCT attempt_id) AS attempt_count,
    min(received_at) AS oldest_at
FROM report
ANTI JOIN (SELECT attempt_id FROM registration UNION ALL SELECT attempt_id FROM unclaimed) AS freed
    USING (attempt_id)
WHERE verdict = 'parked' AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY account, provider, connection
ORDER BY oldest_at, account, provider, connection
"""
CONNECTIONS = """
WITH heard AS (
    SELECT provider, connection, received_at, epoch_ms($at::TIMESTAMP) - epoch_ms(received_at) AS age_ms
    FROM callback
    WHERE
        ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
        AND replay_of_offset IS NULL
        AND received_at > $at::TIMESTAMP - INTERVAL 8 DAY
        AND received_at <= $at::TIMESTAMP
)

SELECT
    provider,
    connection,
    max(received_at) AS last_callback_at,
    count(*) FILTER (WHERE age_ms < 3_600_000) AS hour_count,
    count(*) FILTER (WHERE age_ms >= 86_400_000 AND age_ms % 86_400_000 < 3_600_000) AS before_count,
    max(age_ms) // 86_400_000 AS day_count
FROM heard
GROUP BY provider, connection
ORDER BY provider, connection
"""
NAMED = """
SELECT DISTINCT attempt_id
FROM (
    SELECT attempt_id
    FROM report
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND (
            $provider_message_id IS NULL
            OR root_id = $provider_message_id OR provider_message_id = $provider_message_id
        )
        AND ($recipient IS NULL OR recipient_hash = $recipient::UBIGINT)
        AND (
            $external_id IS NULL
            OR external_id = $external_id
            OR message_id IN (SELECT plan.message_id FROM plan WHERE plan.external_id = $external_id)
        )
    UNION ALL
    SELECT attempt_id
    FROM registration
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND ($provider_message_id IS NULL OR root_id = $provider_message_id)
        AND ($recipient IS NULL OR recipient_hash = $recipient::UBIGINT)
        AND (
            $external_id IS NULL
            OR external_id = $external_id
            OR message_id IN (SELECT plan.message_id FROM plan WHERE plan.external_id = $external_id)
        )
)
ORDER BY attempt_id DESC
LIMIT $limit::BIGINT
"""
