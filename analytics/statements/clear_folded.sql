DELETE FROM folded
WHERE fold = $fold
