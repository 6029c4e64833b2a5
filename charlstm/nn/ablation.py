"""Ablation: a copy of the weights in which nothing reads one unit any more."""

from charlstm.nn.parameters import Parameters, parameters_at


def ablated(parameters: Parameters, layer: int, unit: int) -> Parameters:
    """A copy in which every weight that reads the unit is zero (Lakretz et al. 2019).

    These are the unit's columns in each product of its own layer, peepholes included, and in the
    layer above or the readout. Attention reads the top layer: the unit then has no part in queries,
    scores, or what is picked. The unit itself computes as before.
    """
    H = parameters.architecture.hidden_size
    copy = Parameters(
        parameters.architecture,
        parameters.vocabulary_size,
        flat=parameters.flat.copy(),
        reset_at=parameters.reset_at,
    )
    for product in parameters.cell.products:
        weight = copy.by_name[f"layers.{layer}.{product.name}"]
        if product.diagonal:
            weight.reshape(-1, H)[:, unit] = 0.0
        else:
            weight[:, unit] = 0.0
    last = parameters.architecture.num_layers - 1
    reader = "W_y" if layer == last else f"layers.{layer + 1}.W_x"
    copy.by_name[reader][:, unit] = 0.0
    if layer == last and parameters.architecture.attention:
        look = parameters_at(copy.by_name, "attention")
        for weight in (look["W_a"], look["W_a"].T, look["b_a"], look["v"]):
            weight[unit] = 0.0
    return copy
