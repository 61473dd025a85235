"""Samples of all providers, spoilt in every way that keeps some of their sense."""
