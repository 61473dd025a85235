-- Updates that answer a report of a callback that was played again, taken apart as in parse_report.sql.
WITH came AS (
    FROM new_replay
)

-- include: told_report
