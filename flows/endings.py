"""How a flow ends: well, or with gaps that the run's state names."""

from __future__ import annotations

from typing import TypeVar, cast

from prefect.states import Completed

Given = TypeVar("Given")


def ended(given: Given, gaps: str) -> Given:
    """End a flow with what it gives; as `CompletedWithGaps` where `gaps` says what is missing.

    Prefect takes a returned state for the run's own and hands its data to the caller.
    """
    if not gaps:
        return given
    return cast(Given, Completed(name="CompletedWithGaps", message=gaps, data=given))
