DELETE FROM settled_count
