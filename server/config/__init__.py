"""Reads what offices write: files in a folder, into what the core asks about. Each mistake names its file, its line and a remedy."""
