"""Weights of the encoders: catalog, download, cache, conversion."""
