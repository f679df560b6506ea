"""From a government site to archived bytes with their provenance."""
