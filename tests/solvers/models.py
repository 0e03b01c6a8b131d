"""QUBOs that the sampler tests share; plain functions of a seed."""

from __future__ import annotations

import dimod
import numpy as np


def random_model(
    variables: int, density: float, seed: int, vartype: str = "BINARY"
) -> dimod.BinaryQuadraticModel:
    """Biases around 0 and labels whose order is not the alphabet's."""
    rng = np.random.default_rng(seed)
    model = dimod.BinaryQuadraticModel(vartype)
    names = [f"v{number}" for number in rng.permutation(variables)]
    for name in names:
        model.add_linear(name, rng.normal())
    for first in range(variables):
        for second in range(first):
            if rng.random() < density:
                model.add_quadratic(names[first], names[second], rng.normal())
    model.offset = rng.normal()
    return model


def spread_model(pods: int, nodes: int, seed: int, penalty: float) -> dimod.BinaryQuadraticModel:
    """H_load of a spread in the stay-put encoding, one resource, with a cost for each move.

    Written out once more here, so that the samplers are not judged by the builder they serve.
    """
    rng = np.random.default_rng(seed)
    share = rng.choice([0.01, 0.03, 0.06, 0.12], pods)
    home = (nodes * rng.random(pods) ** 2).astype(int)
    pod = np.repeat(np.arange(pods), nodes)
    node = np.tile(np.arange(nodes), pods)
    moves = node != home[pod]
    pod, node = pod[moves], node[moves]
    change = np.zeros((len(pod), nodes))
    change[np.arange(len(pod)), node] = share[pod]
    change[np.arange(len(pod)), home[pod]] = -share[pod]
    apart = np.bincount(home, share, nodes) - share.sum() / nodes
    square = change @ change.T
    linear = np.diag(square) + 2 * change @ apart + 0.01
    pairs = 2 * square + penalty * (pod[:, np.newaxis] == pod)
    rows, columns = np.triu_indices(len(pod), k=1)
    values = pairs[rows, columns]
    kept = values != 0
    return dimod.BinaryQuadraticModel.from_numpy_vectors(
        linear, (rows[kept], columns[kept], values[kept]), float(apart @ apart), "BINARY"
    )
