"""What a running region is, read from its cluster: each block, whether it is ready, and why not."""
