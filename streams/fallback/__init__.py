"""The stage that decides by which way a message goes next, and says why."""
