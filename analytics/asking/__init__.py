"""How anything is asked: a reader with its limits, spans and zones, words and patterns, how fresh an answer must be."""
