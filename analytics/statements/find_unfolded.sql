-- Up to which batch a fold is, by its rule, how many of the next $rows reports are behind that, and the newest batch among
-- those.
SELECT any_value(folded) AS folded, count(batch_id) AS found, max(batch_id) AS until
FROM (SELECT coalesce(max(batch_id), 0) AS folded FROM folded WHERE fold = $fold AND rule = $rule) AS known
LEFT JOIN (
    SELECT batch_id
    FROM report
    WHERE batch_id > (SELECT coalesce(max(batch_id), 0) FROM folded WHERE fold = $fold AND rule = $rule)
    LIMIT $rows
) AS behind ON true
