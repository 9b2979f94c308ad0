"""Public pages: what a customer opens from a message. No login, no cookie, no script; the link itself is the key."""

from orchestrator.public.mount import add_public_pages

__all__ = ["add_public_pages"]
