"""A model in which one unit has nothing more to say: its outgoing weights are zero."""

from charlstm.nn.parameters import Parameters


def silenced(parameters: Parameters, layer: int, unit: int) -> Parameters:
    """A copy with every weight zero by which others hear the unit (Lakretz et al. 2019).

    Those are the unit's columns of each product in its layer, peepholes included, and of what
    reads the layer: the next one, or the readout. The unit itself goes on as before.
    """
    H = parameters.architecture.hidden_size
    copy = Parameters(
        parameters.architecture, parameters.vocabulary_size, flat=parameters.flat.copy()
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
    return copy
