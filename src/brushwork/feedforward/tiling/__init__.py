"""Any feed-forward network, evaluated window by window with the same result."""
