"""Numbers over time and by dimension: which table answers them, and how they are added up."""
