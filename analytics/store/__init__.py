"""The file: opened, grown to its newest shape, copied, checked, and mended when a start finds it damaged."""
