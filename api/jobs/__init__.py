"""Work that is ordered, queued, carried out one after the other, and kept for a while."""
