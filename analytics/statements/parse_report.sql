-- Updates that answer a report, taken apart. What does not fit its type becomes null; ids stay text, as they travel.
WITH came AS (
    FROM new_report
)

-- include: told_report
