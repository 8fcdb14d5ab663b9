"""Acts: one file per channel, all alike. A sender takes an order and gives a typed outcome; it never decides."""
