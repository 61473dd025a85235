-- How many of the callbacks that are due are not explained exactly once.
SELECT count_if(missing > 0 OR surplus > 0) FROM due
