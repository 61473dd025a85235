-- Up to which batch it is folded, how many of the next $rows reports are behind that, and the newest batch among those.
SELECT any_value(folded) AS folded, count(batch_id) AS found, max(batch_id) AS until
FROM (SELECT coalesce(max(batch_id), 0) AS folded FROM trust_folded) AS known
LEFT JOIN (
    SELECT batch_id FROM report WHERE batch_id > (SELECT coalesce(max(batch_id), 0) FROM trust_folded) LIMIT $rows
) AS behind ON true
