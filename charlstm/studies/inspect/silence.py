"""A model in which one unit has nothing more to say: its outgoing weights are zero."""

from charlstm.nn.parameters import CharModel


def silenced(model: CharModel, layer: int, unit: int) -> CharModel:
    """A copy with every weight zero by which others hear the unit (Lakretz et al. 2019).

    Those are the unit's columns of each product in its layer, peepholes included, and of what
    reads the layer: the next one, or the readout. The unit itself goes on as before.
    """
    H = model.architecture.hidden_size
    copy = CharModel(model.architecture, model.vocabulary_size, flat=model.flat.copy())
    for product in model.cell.products:
        weight = copy.params[f"layers.{layer}.{product.name}"]
        if product.diagonal:
            weight.reshape(-1, H)[:, unit] = 0.0
        else:
            weight[:, unit] = 0.0
    last = model.architecture.num_layers - 1
    reader = "W_y" if layer == last else f"layers.{layer + 1}.W_x"
    copy.params[reader][:, unit] = 0.0
    return copy
