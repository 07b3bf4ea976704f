"""Training tasks: one network family each, with its options."""
