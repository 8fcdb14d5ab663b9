"""`varde demo`: a whole site on one machine."""
