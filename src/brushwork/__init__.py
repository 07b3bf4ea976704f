"""Neural style transfer: paint any photograph in the style of any painting."""

__version__ = "0.1.0"
