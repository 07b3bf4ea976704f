"""Weights of the encoders: catalog, download, cache and conversion."""
