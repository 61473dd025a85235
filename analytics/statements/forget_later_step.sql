DELETE FROM later_step
WHERE moment_at < $before
