"""Opens doors: load, take one step, save, ring. Nothing here decides."""
