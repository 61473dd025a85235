"""The stage that knows where each attempt stands, and says of every report what it did to it."""
