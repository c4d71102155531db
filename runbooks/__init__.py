"""What a runbook is: model, loader, matching. Knows nothing of the bot."""
