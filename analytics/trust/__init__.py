"""Which routes can be believed: what is counted of them, what is usual, and what follows."""
