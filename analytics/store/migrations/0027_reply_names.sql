-- What a message of a person names, in four bytes: looked through in a fraction of the time that the words take.
ALTER TABLE inbound ADD COLUMN reply_to_number UINTEGER;
ALTER TABLE inbound ADD COLUMN reply_id_number UINTEGER;
ALTER TABLE inbound ADD COLUMN tracking_number UINTEGER;
ALTER TABLE inbound ADD COLUMN external_id_number UINTEGER;

UPDATE inbound SET
    reply_to_number = name_hash(reply_to),
    reply_id_number = name_hash(reply_id),
    tracking_number = name_hash(tracking),
    external_id_number = name_hash(external_id)
WHERE coalesce(reply_to, reply_id, tracking, external_id) IS NOT NULL;
