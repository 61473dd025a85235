DELETE FROM attempt_name WHERE NOT is_sorted
