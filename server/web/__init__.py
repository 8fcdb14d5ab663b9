"""Listens: FastAPI, thin. Checks what comes in, asks the doors, and writes down the answer."""
