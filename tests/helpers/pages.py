"""A page of a small model, whose text is there when it opens."""

from pathlib import Path

from models import VOCABULARY

from charlstm.nn.parameters import Parameters
from charlstm.output.page.network import network_page
from charlstm.studies.describe.equations import one_step
from charlstm.text.vocabulary import Vocabulary


def page_of(
    model: Parameters, folder: Path, text: str, vocabulary: Vocabulary = VOCABULARY
) -> Path:
    """The file of a page that reads `text`, with unit 0:2 in view."""
    shape = model.architecture
    salient = [list(range(shape.hidden_size))] * shape.num_layers
    path = folder / "page.html"
    path.write_bytes(
        network_page(
            model,
            vocabulary,
            title="",
            about="",
            text=text,
            start=(0, 2),
            salient=salient,
            written=one_step(model.cell).written,
        )
    )
    return path
