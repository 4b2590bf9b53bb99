"""The lab: experiments on what a rehearsal recorded. Measurements with their noise, no verdicts."""
