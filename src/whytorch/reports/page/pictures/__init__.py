"""The pictures of the page, one a file (see `registry.py`): facts of the run -> picture or None."""
