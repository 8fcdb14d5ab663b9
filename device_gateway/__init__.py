"""Hears devices and brings what they cry to the server: decode, spool, uplink; and lights and sounders back. Never judges an alarm."""
