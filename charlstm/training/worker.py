"""One worker: a process's share of the shards and of the validation."""

from collections.abc import Mapping

from charlstm.evaluate import Scorer
from charlstm.nn import Array
from charlstm.nn.network import Network
from charlstm.nn.parameters import Parameters
from charlstm.training.shards import Plan, Windows
from charlstm.training.shared import SharedArrays

VALIDATE = -1  # asks a worker for a validation, in place of the number of an update


class Worker:
    """One process's share of the work: every `workers`-th shard from number `rank` on.

    It shares the validation in the same way, by the scorer's groups of streams. It reads the
    parameters and the dropout from `arrays`, and writes there what it computes. One network serves
    all its shards of the same width, one after another.
    """

    def __init__(
        self,
        plan: Plan,
        arrays: SharedArrays,
        windows: Windows,
        scorer: Scorer | None,
        rank: int,
        workers: int,
    ) -> None:
        self.arrays = arrays
        self.parameters = Parameters(
            plan.architecture,
            plan.vocabulary_size,
            flat=arrays.parameters,
            reset_at=plan.reset_at,
        )
        self._plan, self._windows, self._scorer = plan, windows, scorer
        self._gradients = [self.parameters.views(gradient) for gradient in arrays.gradients]
        self._networks: dict[int, Network] = {}  # by their number of columns
        self._shards = range(rank, plan.shards, workers)
        self._groups = range(rank, scorer.groups if scorer else 0, workers)

    def run(self, task: int) -> None:
        """Do this worker's share of update number `task` (from 0), or of a validation."""
        if task == VALIDATE:
            self._validate()
            return
        plan, arrays = self._plan, self.arrays
        for shard in self._shards:
            ids = self._windows.window(task, plan.columns[shard])
            network = self._network(ids.shape[1])
            network.refresh(plan.seed, task)
            unpack(arrays.states[shard], network.state)
            arrays.losses[shard] = network.loss_and_gradients(
                ids[:-1],
                ids[1:],
                self._gradients[shard],
                loss_scale=1.0 / (plan.batch_size * plan.seq_length),
                mask_key=(plan.seed, task, shard),
            )
            pack(network.state, arrays.states[shard])

    def _validate(self) -> None:
        for group in self._groups:
            assert self._scorer is not None
            score = self._scorer.score(self.parameters, group)
            self.arrays.scores[group, :3] = score.nats, score.characters, score.unknown
            self.arrays.scores[group, 3:] = self._scorer.saturated(group).ravel()

    def _network(self, columns: int) -> Network:
        dropout = float(self.arrays.dropout[0])
        if columns in self._networks and self._networks[columns].dropout != dropout:
            del self._networks[columns]  # it was decided after some updates were timed
        if columns not in self._networks:
            self._networks[columns] = Network(
                self.parameters,
                self._plan.seq_length,
                columns,
                backward=True,
                dropout=dropout,
                weight_drop=self._plan.weight_drop,
                memory_penalty=self._plan.memory_penalty,
            )
        return self._networks[columns]


def pack(state: Mapping[str, Array], flat: Array) -> None:
    """Lay the named state arrays one after another in `flat`."""
    start = 0
    for view in state.values():
        flat[start : start + view.size] = view.ravel()
        start += view.size


def unpack(flat: Array, state: Mapping[str, Array]) -> None:
    """The reverse of `pack`."""
    start = 0
    for view in state.values():
        view[...] = flat[start : start + view.size].reshape(view.shape)
        start += view.size
