-- What parse_report.sql made of reports. Where a null may not be the batch is refused, and its records are tried one by one.
INSERT INTO report BY NAME
WITH told AS (
    FROM new_report
)

-- include: report_row
