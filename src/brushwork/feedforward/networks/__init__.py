"""Architectures of feed-forward networks."""
