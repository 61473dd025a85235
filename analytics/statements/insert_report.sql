-- Updates that answer a report. What does not fit its type becomes null; where that may not be, the batch is refused and
-- its records are tried one by one.
INSERT INTO report BY NAME
WITH came AS (
    FROM new_report
)

-- include: told_report
