"""What providers tell by themselves, applied: news of messages, what people said, and news of the account."""
