"""The experiments, one file each: `measure(bench, seconds) -> dict`, the fields of its type in
`evidence/facts/experiments.py`, which names the file."""
