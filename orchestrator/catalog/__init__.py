"""One text, many renderings: messages, voice and the single `render` that preview and send share. No I/O."""
