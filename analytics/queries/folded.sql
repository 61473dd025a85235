-- Up to which batch a fold is, by its rule; the newest batch that told something of an attempt, of a send or of a person; and
-- whether $many reports or more are behind.
-- lane: look-up
-- parameters: fold, rule, many
WITH reached AS (
    SELECT coalesce(max(batch_id), 0) AS folded FROM folded WHERE fold = $fold AND rule = $rule
)

SELECT
    (SELECT folded FROM reached) AS folded,
    (
        SELECT coalesce(max(batch_id), 0)
        FROM offsets
        WHERE topic IN ('updates', 'inbound', 'commands', 'outcomes', 'decisions')
    ) AS newest,
    (
        SELECT count(*) >= $many::BIGINT
        FROM (SELECT 1 FROM report WHERE batch_id > (SELECT folded FROM reached) LIMIT $many::BIGINT)
    ) AS is_far_behind
