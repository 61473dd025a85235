"""Asks providers about the attempts that `reconcile` names, and puts what they say beside the callbacks."""
