"""Says how the server is: to Prometheus, to systemd, to a watchdog outside, and in the program log."""
