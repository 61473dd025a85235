-- When each connection called back first and last behind $after, up to and with $until: of hours that lie between whole it
-- is kept, unless a newer batch brought more of them.
-- parameters: origins, after, until
WITH called AS (
    SELECT provider, connection, received_at AS first_at, received_at AS last_at
    FROM callback
    WHERE
        replay_of_offset IS NULL
        AND received_at > $after::TIMESTAMP
        AND received_at < date_trunc('hour', $after::TIMESTAMP) + INTERVAL 1 HOUR
    UNION ALL
    SELECT provider, connection, received_at AS first_at, received_at AS last_at
    FROM callback
    WHERE replay_of_offset IS NULL AND received_at >= date_trunc('hour', $until::TIMESTAMP)
    UNION ALL
    SELECT provider, connection, received_at AS first_at, received_at AS last_at
    FROM callback
    WHERE replay_of_offset IS NULL AND batch_id > settled_until()
    UNION ALL
    SELECT provider, connection, first_at, last_at
    FROM callback_span
    WHERE hour_at > $after::TIMESTAMP AND hour_at < date_trunc('hour', $until::TIMESTAMP)
)

SELECT provider, connection, min(first_at) AS first_callback_at, max(last_at) AS last_callback_at
FROM called
WHERE
    ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
    AND first_at > $after::TIMESTAMP
    AND last_at <= $until::TIMESTAMP
GROUP BY provider, connection
ORDER BY provider, connection
