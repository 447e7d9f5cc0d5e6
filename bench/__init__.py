"""What `make bench` measures: one file for each benchmark, one line in a table for each figure."""
