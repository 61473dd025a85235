-- Up to which batch it is settled, how many of the next $rows callbacks are behind that, and the newest batch among those.
SELECT any_value(settled) AS settled, count(batch_id) AS found, max(batch_id) AS until
FROM (SELECT settled_until() AS settled) AS known
LEFT JOIN (SELECT batch_id FROM callback WHERE batch_id > settled_until() LIMIT $rows) AS behind ON true
