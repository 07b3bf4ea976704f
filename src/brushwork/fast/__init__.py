"""Painters: networks that paint in one pass."""
