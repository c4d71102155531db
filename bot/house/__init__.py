"""What is open while the bot is at work, and how each part of it is put together."""
