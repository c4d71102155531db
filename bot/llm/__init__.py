"""The door to the language model: Anthropic's Messages API, its prices, and the pace that all stories keep together."""
