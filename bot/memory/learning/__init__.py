"""Learning from what was written down before the bot came: postmortems, and incidents of other systems."""
