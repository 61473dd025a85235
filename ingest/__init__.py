"""The callback port: checks who calls, keeps the bytes, answers, and decides nothing."""
