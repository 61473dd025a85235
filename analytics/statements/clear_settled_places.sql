DELETE FROM settled_place
