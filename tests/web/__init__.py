"""The web, over real HTTP."""
