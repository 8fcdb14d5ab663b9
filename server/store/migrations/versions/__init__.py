"""How the tables have changed from version to version; run by `server.store.migrate`."""
