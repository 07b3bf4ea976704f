"""Native backend: convolutions, pooling and statistics of features in C++."""
