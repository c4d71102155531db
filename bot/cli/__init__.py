"""Groups of commands that `bot/__main__.py` adds."""
