-- Up to when facts are forgotten, and how many there were: of what was first heard of before, only counts are left. No row
-- while all are kept.
-- lane: look-up
SELECT max(before_at) AS before_at, sum(row_count)::BIGINT AS row_count
FROM forgotten
HAVING max(before_at) IS NOT NULL
