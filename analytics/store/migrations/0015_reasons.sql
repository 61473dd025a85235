-- Why an attempt ended badly: of all that was said of it the highest claim, which is the rank of an end with the reason
-- behind it, as long as it is the end at which the attempt stands.
CREATE MACRO reason_at(status, claim) AS
    CASE WHEN is_bad_end(status) AND claim[1] = rank_of(status)::VARCHAR THEN claim[2:] END;
