DELETE FROM later_root
WHERE moment_at < $before
