-- Up to which batch the hours have all that the report about trust counts, and the newest batch that told something of an
-- attempt; what is between the two it counts from the facts.
-- lane: look-up
SELECT
    (SELECT coalesce(max(batch_id), 0) FROM trust_folded) AS folded,
    (SELECT coalesce(max(batch_id), 0) FROM offsets WHERE topic = 'updates') AS newest
