"""Window-by-window evaluation of any feed-forward network, with the same result as for the whole image."""
