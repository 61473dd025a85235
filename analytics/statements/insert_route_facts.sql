-- What was never counted before gets the next numbers.
INSERT INTO route_fact BY NAME
SELECT (SELECT coalesce(max(fact_no), 0) FROM route_fact) + row_number() OVER () AS fact_no, *
FROM (
    SELECT account, provider, connection, channel, country, fact FROM renewed_trust
    EXCEPT
    SELECT account, provider, connection, channel, country, fact FROM route_fact
)
