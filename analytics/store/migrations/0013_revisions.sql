-- The newest batch that told something of an attempt first heard of in an hour, by the account that it counts for. What
-- is kept of the hour besides does not matter: whatever is counted of its attempts is as it was before that batch.
CREATE TABLE hour_revision (
    hour_at TIMESTAMP NOT NULL,
    account VARCHAR NOT NULL,
    batch_id BIGINT NOT NULL
);

INSERT INTO hour_revision
SELECT hour_at, account, max(batch_id) FROM hour_delta WHERE account IS NOT NULL GROUP BY hour_at, account;
