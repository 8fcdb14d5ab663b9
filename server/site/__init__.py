"""The files around a site, each behind one command: secrets, the broker's files, certificates, backups."""
