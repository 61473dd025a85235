-- Sessions with people, the newest first: of each the last word that was told, and while it is open what is left of it.
-- One whose time is up at `at` is closed, told or not. A null leaves its filter out; before_* is the place of the last
-- row that was told.
-- parameters: accounts, sender, recipient, is_open, near, from, to, at, limit
-- parameters: before_at, before_partition, before_offset
WITH told_here AS (
    SELECT *
    FROM session_word
    WHERE
        ($accounts IS NULL OR list_contains($accounts, account))
        AND ($sender IS NULL OR sender_name(sender) = sender_name($sender))
        AND ($recipient IS NULL OR recipient_hash = $recipient::UBIGINT)
),

last_word AS (
    SELECT *, min(kafka_offset) OVER (PARTITION BY session_id) AS first_offset
    FROM told_here
    WHERE told IN ('opened', 'started', 'closed', 'corrected')
    QUALIFY row_number() OVER (PARTITION BY session_id ORDER BY kafka_offset DESC) = 1
),

standing AS (
    SELECT *
    FROM told_here
    WHERE told = 'standing'
    QUALIFY row_number() OVER (
        PARTITION BY account, sender_name(sender), recipient_hash ORDER BY kafka_offset DESC
    ) = 1
),

known AS (
    SELECT
        last_word.*,
        last_word.closed_at IS NULL AND last_word.ends_at > $at::TIMESTAMP AS is_open,
        standing.near AS near_now,
        standing.messages_left AS left_now,
        standing.in_a_row_left AS in_a_row_now,
        standing.business_count AS sent_now
    FROM last_word
    LEFT JOIN standing USING (session_id)
    WHERE NOT last_word.is_void
)

SELECT
    session_id,
    account,
    provider,
    connection,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    rules,
    is_open,
    opened_at,
    started_at,
    ends_at,
    CASE WHEN NOT is_open THEN coalesce(closed_at, ends_at) END AS closed_at,
    CASE WHEN NOT is_open THEN coalesce(closed_by, 'time') END AS closed_by,
    CASE WHEN closed_at IS NULL THEN coalesce(sent_now, business_count) ELSE business_count END AS business_count,
    CASE WHEN closed_at IS NOT NULL THEN user_count END AS user_count,
    CASE WHEN closed_at IS NOT NULL THEN is_billed END AS is_billed,
    CASE WHEN closed_at IS NOT NULL THEN cost END AS cost,
    currency,
    CASE WHEN is_open THEN coalesce(near_now, []) ELSE [] END AS near,
    CASE WHEN is_open THEN left_now END AS messages_left,
    CASE WHEN is_open THEN in_a_row_now END AS in_a_row_left,
    kafka_partition,
    first_offset AS kafka_offset
FROM known
WHERE
    ($is_open IS NULL OR is_open = $is_open)
    AND ($near IS NULL OR (is_open AND list_contains(near_now, $near)))
    AND opened_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
    AND opened_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
    AND (
        $before_at IS NULL
        OR (opened_at, kafka_partition, first_offset)
        < ($before_at::TIMESTAMP, $before_partition::SMALLINT, $before_offset::BIGINT)
    )
ORDER BY opened_at DESC, kafka_partition DESC, first_offset DESC
LIMIT $limit::BIGINT
