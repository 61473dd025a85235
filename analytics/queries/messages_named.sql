-- The newest attempts first heard of in [first, beyond) that bear a name: their provider's, their recipient's pseudonym, or
-- the reference that was given with their registration or with the plan of their message. A null leaves a name out.
-- parameters: first, beyond, accounts, provider_message_id, recipient, external_id, limit
-- lane: look-up
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
