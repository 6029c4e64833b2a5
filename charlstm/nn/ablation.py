"""Ablation: a copy of the weights in which nothing reads some units any more."""

from charlstm.nn.parameters import Parameters, parameters_at


def ablated(parameters: Parameters, *units: tuple[int, int]) -> Parameters:
    """A copy in which every weight that reads one of the `units` is zero (Lakretz et al. 2019).

    A unit is (layer, unit). The weights are its columns in each product of its own layer, peepholes
    included, and in the layer above or the readout. Attention reads the top layer: the unit then
    has no part in queries, scores, or what is picked. The unit itself computes as before.
    """
    copy = parameters.with_numbers(parameters.flat.copy())
    for layer, unit in units:
        _ablate(copy, layer, unit)
    return copy


def _ablate(parameters: Parameters, layer: int, unit: int) -> None:
    H, arrays = parameters.architecture.hidden_size, parameters.by_name
    for product in parameters.cell.products:
        weight = arrays[f"layers.{layer}.{product.name}"]
        if product.diagonal:
            weight.reshape(-1, H)[:, unit] = 0.0
        else:
            weight[:, unit] = 0.0
    last = parameters.architecture.num_layers - 1
    reader = "W_y" if layer == last else f"layers.{layer + 1}.W_x"
    arrays[reader][:, unit] = 0.0
    if layer == last and parameters.architecture.attention:
        look = parameters_at(arrays, "attention")
        for weight in (look["W_a"], look["W_a"].T, look["b_a"], look["v"]):
            weight[unit] = 0.0
