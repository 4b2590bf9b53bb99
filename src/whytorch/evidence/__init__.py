"""Script -> Evidence: what the source says, what a rehearsal showed. Holds facts, no opinions."""
