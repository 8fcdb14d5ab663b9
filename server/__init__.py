"""Varde's server: decides what an alarm means, remembers it, and tells people."""
