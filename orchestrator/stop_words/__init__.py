"""What a person who writes to us wants of our messages: out, out of everything, a pause, back in, or something else.

Providers match one English word and nothing more. Here phrases count too, in Portuguese, English and Spanish, and
never a word inside of another sentence: "cancelar meu pedido" is about an order.
"""

from orchestrator.stop_words.meaning import Meaning
from orchestrator.stop_words.reading import Reading, read_text

__all__ = ["Meaning", "Reading", "read_text"]
