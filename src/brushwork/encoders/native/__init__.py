"""The compiled engine: convolutions, pooling and statistics of features in C++."""
