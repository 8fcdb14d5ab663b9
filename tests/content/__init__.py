"""What ships in config/: the default content and the demo offices are whole, and their checkers can fail."""
