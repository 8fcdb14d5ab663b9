"""The core's promises, one test each, from the sentences of the design."""
