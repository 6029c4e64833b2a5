"""How gates are used, as JSON and as a table of units."""

from typing import Any

from charlstm.studies.inspect.classes import CLASSES
from charlstm.studies.inspect.gates import KEEPERS, Gates, Use

HEAD = ("layer", "gate", "unit", "right", "left", "mean", "stretch", *CLASSES)


def keepers(gates: Gates) -> list[tuple[Use, int]]:
    """The units of all keeping gates with their use, those open most of the time first."""
    found = [(use, k) for use in gates.uses if use.gate in KEEPERS for k in range(use.right.size)]
    return sorted(found, key=lambda one: (-one[0].right[one[1]], -one[0].mean[one[1]]))


def to_mapping(gates: Gates) -> dict[str, Any]:
    """Shares from 0 to 1, by layer and gate, with each unit's as lists."""
    return {
        "characters": gates.characters,
        "saturated": gates.saturated,
        "gates": [
            {
                "layer": use.layer,
                "gate": use.gate,
                "right_saturated": use.right.mean(),
                "left_saturated": use.left.mean(),
                "mean": use.mean.mean(),
                "by_class": dict(zip(CLASSES, use.by_class.mean(axis=1), strict=True)),
                "units": {
                    "right_saturated": use.right,
                    "left_saturated": use.left,
                    "mean": use.mean,
                    "stretch": use.stretch,
                },
            }
            for use in gates.uses
        ],
        "coupling": [vars(coupling) for coupling in gates.couplings],
    }


def to_rows(gates: Gates) -> list[list[Any]]:
    """One row for each unit of each gate, under `HEAD`."""
    return [
        [
            use.layer,
            use.gate,
            unit,
            use.right[unit],
            use.left[unit],
            use.mean[unit],
            use.stretch[unit],
            *use.by_class[:, unit],
        ]
        for use in gates.uses
        for unit in range(use.right.size)
    ]
