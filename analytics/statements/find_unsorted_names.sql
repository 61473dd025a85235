-- How many names are in no order.
SELECT count(*) FROM attempt_name WHERE NOT is_sorted
