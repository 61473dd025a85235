-- What is counted of a route, of each account: its number stands for seven words where it is counted, and is added up in a
-- third of the time that they take.
CREATE TABLE route_fact (
    fact_no INTEGER NOT NULL,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    fact VARCHAR
);

INSERT INTO route_fact BY NAME
SELECT row_number() OVER () AS fact_no, *
FROM (
    SELECT account, provider, connection, channel, country, fact FROM trust_delta
    UNION
    SELECT account, provider, connection, channel, country, fact FROM day_trust
);

CREATE TABLE numbered_delta (
    hour_at TIMESTAMP,
    fact_no INTEGER,
    value BIGINT,
    n BIGINT,
    batch_id BIGINT
);

INSERT INTO numbered_delta BY NAME
SELECT hour_at, fact_no, value, n, batch_id
FROM trust_delta AS counted JOIN route_fact AS known
    ON counted.account IS NOT DISTINCT FROM known.account
    AND counted.provider IS NOT DISTINCT FROM known.provider
    AND counted.connection IS NOT DISTINCT FROM known.connection
    AND counted.channel IS NOT DISTINCT FROM known.channel
    AND counted.country IS NOT DISTINCT FROM known.country
    AND counted.fact IS NOT DISTINCT FROM known.fact
ORDER BY hour_at;

DROP TABLE trust_delta;
ALTER TABLE numbered_delta RENAME TO trust_delta;

CREATE TABLE numbered_day (
    day_at TIMESTAMP NOT NULL,
    fact_no INTEGER,
    value BIGINT,
    n BIGINT,
    is_merged BOOLEAN NOT NULL
);

INSERT INTO numbered_day BY NAME
SELECT day_at, fact_no, value, n, is_merged
FROM day_trust AS counted JOIN route_fact AS known
    ON counted.account IS NOT DISTINCT FROM known.account
    AND counted.provider IS NOT DISTINCT FROM known.provider
    AND counted.connection IS NOT DISTINCT FROM known.connection
    AND counted.channel IS NOT DISTINCT FROM known.channel
    AND counted.country IS NOT DISTINCT FROM known.country
    AND counted.fact IS NOT DISTINCT FROM known.fact
ORDER BY day_at, fact_no, value;

DROP TABLE day_trust;
ALTER TABLE numbered_day RENAME TO day_trust;
