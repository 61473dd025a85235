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
-- When attempts were first heard of that may bear the name.
moment AS (
    SELECT unnest([]::BIGINT[]) AS first_tick
-- if: provider_message_id
    UNION
    SELECT first_tick FROM attempt_name WHERE name_hash = name_hash($provider_message_id)
-- end: provider_message_id
-- if: recipient
    UNION
    SELECT first_tick FROM attempt_name WHERE name_hash = person_hash($recipient::UBIGINT)
-- end: recipient
-- if: external_id
    UNION
    SELECT first_tick FROM attempt_name WHERE name_hash = name_hash($external_id)
    UNION
    SELECT tick_of(attempt_id) FROM report SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
    UNION
    SELECT tick_of(attempt_id) FROM registration SEMI JOIN planned USING (message_id) WHERE message_id >= (FROM planned_from)
-- end: external_id
),

-- What was heard of then may go by other names; names in batches that are not settled are not known by when.
fact AS NOT MATERIALIZED (
    SELECT attempt_id, message_id, account, root_id, provider_message_id, external_id, recipient_hash
    FROM report SEMI JOIN moment USING (first_tick)
    UNION ALL
    SELECT attempt_id, message_id, account, root_id, NULL AS provider_message_id, external_id, recipient_hash
    FROM registration SEMI JOIN moment USING (first_tick)
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
