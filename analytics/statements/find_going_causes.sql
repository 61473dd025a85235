-- From which callbacks the facts that go stem, by partition: the first offset, and the one behind the last.
SELECT cause_partition, min(cause_offset) AS first_offset, max(cause_offset) + 1 AS next_offset
FROM going
WHERE cause_partition >= 0
GROUP BY cause_partition
ORDER BY cause_partition
