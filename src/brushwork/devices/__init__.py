"""Device selection, and the memory of devices."""
