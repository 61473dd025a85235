"""Speed and memory, measured as ratios of medians within one run."""
