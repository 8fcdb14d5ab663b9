"""Everything real: broker, server, gateway, devices and a browser, started by the tests themselves."""
