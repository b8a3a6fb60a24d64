"""The engine: places along streets, walking times, and the compiled kernels behind them."""
