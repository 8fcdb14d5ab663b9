"""What is applied: the difference that is shown, what running alarms feel, the commands, and servers that go by it."""
