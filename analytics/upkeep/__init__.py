"""What the writer does between batches: many small rows become few, what is proven is settled, what is old goes."""
