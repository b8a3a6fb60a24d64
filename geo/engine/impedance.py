"""Impedance: seconds that a walker needs along each edge, each way, and along each piece of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.params import WalkProfile
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD, NO_FORWARD, STEPS


@dataclass(frozen=True, eq=False)
class Impedance:
    """Walking times of a network's m edges for one profile.

    An edge is a run of equally long pieces, one where there is no elevation, else one between neighboring samples.
    On a piece the walker keeps a constant pace, so places along an edge have exact times.

    Attributes:
        edge_s: float64 (m, 2); seconds from first to last node, and back; inf where it may not be walked.
        piece_indptr: int64 (m + 1,); edge i has the pieces piece_s[piece_indptr[i]:piece_indptr[i + 1]].
        piece_s: float64 (p, 2); seconds along each piece, in the two directions as in `edge_s`.
        speed_mps: the profile's speed on the flat, also used off the streets.
    """

    edge_s: NDArray[np.float64]
    piece_indptr: NDArray[np.int64]
    piece_s: NDArray[np.float64]
    speed_mps: float

    @classmethod
    def of(cls, network: StreetNetwork, profile: WalkProfile) -> Impedance:
        """Times of `profile` on `network`; slopes count where the network carries elevation, except on stairs, whose
        factor is of the horizontal speed and holds their climb already."""
        if network.has_elevation and profile.slope.decay > 0:
            indptr = network.sample_indptr - np.arange(network.n_edges + 1)
        else:
            indptr = np.arange(network.n_edges + 1)
        counts = np.diff(indptr)
        piece_m = np.repeat(network.edge_length_m / counts, counts)
        piece_s = np.repeat(piece_m[:, None] / profile.speed_mps, 2, axis=1)
        stairs = np.repeat((network.edge_flags & STEPS) != 0, counts)
        if network.has_elevation and profile.slope.decay > 0:
            rise = np.delete(np.diff(network.sample_z.astype(np.float64)), network.sample_indptr[1:-1] - 1)
            slope = np.divide(rise, piece_m, out=np.zeros_like(rise), where=(piece_m > 0) & ~stairs)
            piece_s[:, 0] /= profile.slope.speed_factor(slope)
            piece_s[:, 1] /= profile.slope.speed_factor(-slope)
        piece_s[stairs] /= profile.steps_speed_factor
        for column, closed in enumerate((NO_FORWARD, NO_BACKWARD)):
            piece_s[np.repeat((network.edge_flags & closed) != 0, counts), column] = np.inf
        edge_s = piece_s if len(piece_s) == network.n_edges else np.add.reduceat(piece_s, indptr[:-1], axis=0)
        return cls(edge_s=edge_s, piece_indptr=indptr, piece_s=piece_s, speed_mps=profile.speed_mps)
