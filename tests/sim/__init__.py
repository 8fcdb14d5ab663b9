"""The simulated world: the real doors, with one seed that owns the clock, the people, the radio and everything that breaks."""
