"""Findings -> the answer: merged, ranked, causes above symptoms, one verdict. No torch, no I/O."""
