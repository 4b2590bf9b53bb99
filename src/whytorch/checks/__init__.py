"""The checks: one file for each mistake, in the folder of its area; the folders are the list."""
