"""A project as its people read it: who is written to and when, in which words, and who answers for it. Markdown."""
