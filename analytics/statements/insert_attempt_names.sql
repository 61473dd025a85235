-- The names in batches up to and with $until.
INSERT INTO attempt_name BY NAME
SELECT
    attempt_id,
    name_hash(root_id) AS root_hash,
    CASE WHEN provider_message_id <> root_id THEN name_hash(provider_message_id) END AS part_hash,
    name_hash(external_id) AS external_hash,
    recipient_hash
FROM (
    SELECT attempt_id, root_id, provider_message_id, external_id, recipient_hash
    FROM report
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
    UNION
    SELECT attempt_id, root_id, root_id AS provider_message_id, external_id, recipient_hash
    FROM registration
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
)
