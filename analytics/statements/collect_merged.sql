-- One row per cell for the days to which more was added than was merged: so each row is read twice, however often something
-- is added.
CREATE OR REPLACE TEMP TABLE merged_{days} AS
SELECT day_at, {of_days}, {sums}, true AS is_merged
FROM {days}
WHERE day_at IN (
    SELECT day_at
    FROM {days}
    WHERE day_at IN (SELECT date_trunc('day', hour_at) FROM sealed_{hours})
    GROUP BY day_at
    HAVING count_if(NOT is_merged) > count_if(is_merged)
)
GROUP BY ALL
