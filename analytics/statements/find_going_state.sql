-- How many of the facts that are to go stem from callbacks that are not settled, and when the registrations among them
-- came; null when there are none.
SELECT count_if(NOT is_settled) AS unsettled, min(registered_at) AS oldest_at, max(registered_at) AS newest_at
FROM going
