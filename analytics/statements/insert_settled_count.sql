-- Only what is wholly explained, each item once, may be settled.
INSERT INTO settled_count BY NAME
SELECT
    provider,
    sum(received) AS received,
    sum(applied) AS applied,
    sum(repeated) AS repeated,
    sum(outranked) AS outranked,
    sum(parked) AS parked,
    sum(quarantined) AS quarantined,
    $batch_id AS batch_id
FROM due
GROUP BY provider
