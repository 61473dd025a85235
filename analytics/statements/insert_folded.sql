INSERT INTO trust_folded VALUES ($until)
