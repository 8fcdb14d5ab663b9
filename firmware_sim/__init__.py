"""Pretends to be hardware: desk buttons, portable alarms, and the radio between. Imports nothing of ours, so it cannot share our mistakes."""
