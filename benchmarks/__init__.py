"""Timed and scored bars: what is too slow or too large for the tests."""
