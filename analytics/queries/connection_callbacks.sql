-- How often each connection called back behind $after, up to and with $until. What was played again is no callback.
-- parameters: origins, after, until
SELECT provider, connection, count(*) AS callback_count
FROM callback
WHERE
    ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
    AND replay_of_offset IS NULL
    AND received_at > $after::TIMESTAMP
    AND received_at <= $until::TIMESTAMP
GROUP BY provider, connection
