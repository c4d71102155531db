"""The second story's parts: a question heard, looked into, and answered from evidence that exists."""
