-- A name in four bytes: whoever has the same may be another.
CREATE MACRO name_hash(name) AS (md5_number_lower(name) & 4294967295)::UINTEGER;

-- By which names each attempt goes: the provider's of the whole and of the one of its parts or channels, our customer's, and
-- its recipient's pseudonym. Of batches that are settled; where a name was told in several batches it has several rows.
CREATE TABLE attempt_name (
    attempt_id UUID NOT NULL,
    root_hash UINTEGER NOT NULL,
    part_hash UINTEGER,
    external_hash UINTEGER,
    recipient_hash UBIGINT
);

-- What was settled without names is settled anew; the spans stay, which may tell of callbacks that are forgotten.
DELETE FROM settled_batch;
DELETE FROM parked;
DELETE FROM heard_send;
DELETE FROM open_send;
DELETE FROM send_count;
