-- A recipient's pseudonym in four bytes, as `name_hash` has names.
CREATE MACRO person_hash(pseudonym) AS (pseudonym & 4294967295)::UINTEGER;

-- By which names attempts go, a row for each: the provider's of the whole and of the one of its parts or channels, our
-- customer's, and its recipient's pseudonym; and when the attempt was first heard of. Of batches that are settled. Rows that
-- are sorted lie in order of their names, many at once, so that DuckDB leaves out unread nearly all that have others; left as
-- they are, because packed they take twice as long to look through.
DROP TABLE attempt_name;

CREATE TABLE attempt_name (
    name_hash UINTEGER NOT NULL USING COMPRESSION uncompressed,
    first_tick BIGINT NOT NULL,
    is_sorted BOOLEAN NOT NULL
);

-- What was settled with names in no order is settled anew; the spans stay, which may tell of callbacks that are forgotten.
DELETE FROM settled_batch;
DELETE FROM parked;
DELETE FROM heard_send;
DELETE FROM open_send;
DELETE FROM send_count;
