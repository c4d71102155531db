"""One room for each outside system. Rooms know nothing of the bot, and nothing of each other."""
