"""The fourth story's parts: what is over is closed, written about, and put away."""
