"""Puts a configuration into force: says what it changes and what that means for what is going on, keeps it in the database, and watches it there."""
