"""Several processes on one image: process groups, and rows exchanged between ranks."""
