"""The addresses under `/v1` and the ones for machines that watch the process."""
