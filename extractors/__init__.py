"""From bytes to a Document: title, metadata, paragraphs and grids in reading order."""
