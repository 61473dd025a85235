"""Named reports: what people ask again and again, each with its formula and the questions that answer it."""
