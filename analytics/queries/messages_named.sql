-- The newest attempts first heard of in [first, beyond) that bear a name: their provider's, their recipient's pseudonym, or
-- the reference that was given with their registration or with the plan of their message. A null leaves a name out.
-- parameters: first, beyond, accounts, provider_message_id, recipient, external_id, limit
-- lane: look-up
WITH
planned AS (
    SELECT message_id FROM plan WHERE external_id = $external_id
),

planned_from AS (
    SELECT coalesce(min(message_id), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID) FROM planned
),

-- One look for each name, because all at once would read every row. Without any plan the bound leaves all unread.
candidate AS (
    SELECT attempt_id FROM attempt_name WHERE root_hash = name_hash($provider_message_id)
    UNION
    SELECT attempt_id FROM attempt_name WHERE part_hash = name_hash($provider_message_id)
    UNION
    SELECT attempt_id FROM attempt_name WHERE external_hash = name_hash($external_id)
    UNION
    SELECT attempt_id FROM attempt_name WHERE recipient_hash = $recipient::UBIGINT
    UNION
    SELECT attempt_id FROM report SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
    UNION
    SELECT attempt_id FROM registration SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
),

-- What else has a hash like that of the name bears it not; names in batches that are not settled have none.
fact AS NOT MATERIALIZED (
    SELECT attempt_id, message_id, account, root_id, provider_message_id, external_id, recipient_hash
    FROM report SEMI JOIN candidate USING (attempt_id)
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, root_id AS provider_message_id, external_id, recipient_hash
    FROM registration SEMI JOIN candidate USING (attempt_id)
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, provider_message_id, external_id, recipient_hash
    FROM report
    WHERE batch_id > settled_until()
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, root_id AS provider_message_id, external_id, recipient_hash
    FROM registration
    WHERE batch_id > settled_until()
)

SELECT DISTINCT attempt_id
FROM fact
WHERE
    attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
    AND ($accounts IS NULL OR list_contains($accounts, account))
    AND (
        $provider_message_id IS NULL
        OR root_id = $provider_message_id OR provider_message_id = $provider_message_id
    )
    AND ($recipient IS NULL OR recipient_hash = $recipient::UBIGINT)
    AND ($external_id IS NULL OR external_id = $external_id OR message_id IN (FROM planned))
ORDER BY attempt_id DESC
LIMIT $limit::BIGINT
