"""Files: written whole or not at all; tensors in files; hashes."""
