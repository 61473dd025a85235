-- What is sealed is added to nothing more, so this counts as of a batch behind it.
INSERT INTO trust_delta BY NAME
SELECT hour_at, fact_no, value, n, greatest($batch_id::BIGINT, sealed_until() + 1) AS batch_id
FROM renewed_trust AS counted JOIN route_fact AS known
    ON counted.account IS NOT DISTINCT FROM known.account
    AND counted.provider IS NOT DISTINCT FROM known.provider
    AND counted.connection IS NOT DISTINCT FROM known.connection
    AND counted.channel IS NOT DISTINCT FROM known.channel
    AND counted.country IS NOT DISTINCT FROM known.country
    AND counted.fact = known.fact
