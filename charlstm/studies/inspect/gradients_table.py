"""Gradients by steps back, as JSON and as a table."""

from collections.abc import Mapping
from typing import Any

from charlstm.studies.inspect.clipping import Clipping
from charlstm.studies.inspect.gradients import Reach

HEAD = ("network", "state", "steps_back", "norm")


def to_mapping(
    reaches: Mapping[str, Reach], clips: Mapping[str, Clipping | None]
) -> dict[str, Any]:
    """Norms by network and state; `factor` is what a step multiplies the gradient by on average."""
    return {
        "networks": [
            {
                "name": name,
                "steps_back": reach.back,
                "norms": reach.norms,
                "factor": reach.factor,
                "below_half": reach.below(0.5),
                "below_hundredth": reach.below(0.01),
                "clipping": vars(clip) if (clip := clips.get(name)) else None,
            }
            for name, reach in reaches.items()
        ]
    }


def to_rows(reaches: Mapping[str, Reach]) -> list[list[Any]]:
    """One row for each network, state and number of steps, under `HEAD`."""
    return [
        [name, state, k, norm]
        for name, reach in reaches.items()
        for state, norms in reach.norms.items()
        for k, norm in zip(reach.back, norms, strict=True)
    ]
