"""Nights and what belongs to them: their records, guards, telling, backfills and the schedule."""
