"""How painters learn."""
