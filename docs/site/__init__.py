"""Builds the pages of this folder: `make docs`."""
