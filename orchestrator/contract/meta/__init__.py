"""What the Graph API of Meta says and wants to hear, as values: its error codes, requests and webhooks."""
