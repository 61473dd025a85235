-- The newest attempts first heard of in [first, beyond) that bear a name: their provider's, their recipient's pseudonym, or
-- the reference that was given with their registration or with the plan of their message. A null leaves a name out.
-- Names in batches up to $settled are kept.
-- parameters: first, beyond, accounts, provider_message_id, recipient, external_id, limit, settled
-- lane: look-up
WITH
-- if: external_id
planned AS (
    SELECT message_id FROM plan WHERE external_id = $external_id
),

planned_from AS (
    SELECT coalesce(min(message_id), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID) FROM planned
),

-- end: external_id
-- One look for each name, because all at once would read every row. Without any plan the bound leaves all unread.
candidate AS (
    SELECT unnest([]::UUID[]) AS attempt_id
-- if: provider_message_id
    UNION
    SELECT attempt_id FROM attempt_name WHERE root_hash = name_hash($provider_message_id)
    UNION
    SELECT attempt_id FROM attempt_name WHERE part_hash = name_hash($provider_message_id)
-- end: provider_message_id
-- if: recipient
    UNION
    SELECT attempt_id FROM attempt_name WHERE recipient_hash = $recipient::UBIGINT
-- end: recipient
-- if: external_id
    UNION
    SELECT attempt_id FROM attempt_name WHERE external_hash = name_hash($external_id)
    UNION
    SELECT attempt_id FROM report SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
    UNION
    SELECT attempt_id FROM registration SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
-- end: external_id
),

-- What else has a hash like that of the name bears it not; names in batches that are not settled have none.
fact AS NOT MATERIALIZED (
    SELECT attempt_id, message_id, account, root_id, provider_message_id, external_id, recipient_hash
    FROM report SEMI JOIN candidate USING (attempt_id)
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, NULL AS provider_message_id, external_id, recipient_hash
    FROM registration SEMI JOIN candidate USING (attempt_id)
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, provider_message_id, external_id, recipient_hash
    FROM report
    WHERE batch_id > $settled::BIGINT
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, NULL AS provider_message_id, external_id, recipient_hash
    FROM registration
    WHERE batch_id > $settled::BIGINT
)

SELECT DISTINCT attempt_id
FROM fact
WHERE
    attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
    AND ($accounts IS NULL OR list_contains($accounts, account))
-- if: provider_message_id
    AND (root_id = $provider_message_id OR provider_message_id = $provider_message_id)
-- end: provider_message_id
-- if: recipient
    AND recipient_hash = $recipient::UBIGINT
-- end: recipient
-- if: external_id
    AND (external_id = $external_id OR message_id IN (FROM planned))
-- end: external_id
ORDER BY attempt_id DESC
LIMIT $limit::BIGINT
