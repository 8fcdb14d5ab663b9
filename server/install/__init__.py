"""Installs Varde on a Debian machine: `config/production/install` runs this with the machine's own Python, so the standard library must do."""
