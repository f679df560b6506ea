"""List families: how the lists of one content management system are read and leafed through."""
