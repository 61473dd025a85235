-- The connections whose reports had codes that no table knows in [from, to], how many, and twenty of the codes.
-- parameters: from, to
SELECT
    max(account) AS account,
    provider,
    connection,
    count(*) AS report_count,
    list_sort(list(DISTINCT left(provider_code, 64)))[:20] AS codes
FROM report
WHERE
    received_at >= $from::TIMESTAMP AND received_at <= $to::TIMESTAMP
    AND verdict <> 'repeated'
    AND is_unknown_code(is_known_code, status)
GROUP BY provider, connection
ORDER BY provider, connection
