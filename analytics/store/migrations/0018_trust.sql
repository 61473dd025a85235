-- A span of time as a number by which spans are counted: 0, or the place of its length in the histogram of latencies, from 1
-- on, with its sign. The order of spans is kept.
CREATE MACRO span_key(ms) AS sign(ms)::BIGINT * (1 + bucket_of(abs(ms)));

CREATE MACRO middle_of_span(key) AS sign(key)::BIGINT * middle_of(abs(key) - 1);

-- The longest span that is counted so, of spans below nought the one next to it: it is no longer than this.
CREATE MACRO end_of_span(key) AS
    CASE
        WHEN key > 0 THEN floor(pow(1.04, key - 1))
        WHEN key < 0 THEN -floor(pow(1.04, -key - 2)) - 1
        WHEN key = 0 THEN 0
    END::BIGINT;

-- Below a second, which is where a receipt is too fast to be true, every millisecond is told apart.
CREATE MACRO latency_key(ms) AS CASE WHEN ms < 1000 THEN ms ELSE 1000 + bucket_of(ms) END;

CREATE MACRO latency_of(key) AS CASE WHEN key < 1000 THEN key ELSE middle_of(key - 1000) END;

-- What attempts and the reports about them say of their route, as signed changes by the hour in which the attempts were
-- first heard of. Each `fact` counts, by a `value` where it has one: see queries/trust_cells.cte.
CREATE TABLE trust_delta (
    hour_at TIMESTAMP,
    account VARCHAR,
    provider VARCHAR,
    connection VARCHAR,
    channel VARCHAR,
    country VARCHAR,
    fact VARCHAR,
    value BIGINT,
    n BIGINT,
    batch_id BIGINT
);

-- The newest batch of which trust_delta has all; the highest counts. What came later is counted from the facts.
CREATE TABLE trust_folded (
    batch_id BIGINT NOT NULL
);
