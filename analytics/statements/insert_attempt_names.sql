-- The names in batches up to and with $until.
INSERT INTO attempt_name BY NAME
SELECT name_hash(name) AS name_hash, first_tick, false AS is_sorted
FROM (
    SELECT tick_of(attempt_id) AS first_tick, unnest([root_id, provider_message_id, external_id]) AS name
    FROM report
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
    UNION
    SELECT tick_of(attempt_id) AS first_tick, unnest([root_id, external_id]) AS name
    FROM registration
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
)
WHERE name IS NOT NULL
UNION ALL
SELECT person_hash(recipient_hash) AS name_hash, first_tick, false AS is_sorted
FROM (
    SELECT tick_of(attempt_id) AS first_tick, recipient_hash
    FROM report
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
    UNION
    SELECT tick_of(attempt_id) AS first_tick, recipient_hash
    FROM registration
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT
)
WHERE recipient_hash IS NOT NULL
