"""Atomic file writing, tensors in files, and hashes."""
