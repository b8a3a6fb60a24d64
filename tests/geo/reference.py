"""The engine's answers by other means: SciPy's float64 Dijkstra, NumPy's interpolation, shapely's search.

Nothing here uses `geo` beyond the network's arrays and the places. Places are inserted into their edges as extra
nodes, so a path may pass, start or end in the middle of an edge; of parallel links the fastest stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.engine.snapping import Places, snap_xy
from geo.params import WalkProfile
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD, NO_FORWARD, STEPS

Floats = NDArray[np.float64]


def tobler_factor(slope: Floats) -> Floats:
    """Tobler's function over its value on the flat; beyond 31° the slope counts as 0.6."""
    steep = np.clip(slope, -0.6, 0.6)
    return np.exp(-3.5 * np.abs(steep + 0.05)) / np.exp(-3.5 * 0.05)


@dataclass
class Walks:
    """Walking on a network by `profile` with `places` inserted: nodes 0 … n - 1 are its own, then one a place."""

    network: StreetNetwork
    profile: WalkProfile
    places: Places

    def clock(self, edge: int) -> tuple[Floats, Floats, Floats]:
        """Offsets along an edge, and seconds from its first node to each of them and from each of them back."""
        net = self.network
        if net.has_elevation and self.profile.slope.decay > 0:
            z = net.sample_z[net.sample_indptr[edge] : net.sample_indptr[edge + 1]].astype(float)
        else:
            z = np.zeros(2)
        offset = np.linspace(0.0, net.edge_length_m[edge], len(z))
        run = np.diff(offset)
        slope = np.where(run > 0, np.diff(z) / np.where(run > 0, run, 1.0), 0.0)
        speed = self.profile.speed_mps
        if net.edge_flags[edge] & STEPS:  # their factor is of the horizontal speed: the climb is in it
            speed, slope = speed * self.profile.steps_speed_factor, np.zeros_like(slope)
        out = np.append(0.0, np.cumsum(run / (speed * tobler_factor(slope))))
        back = np.append(0.0, np.cumsum(run / (speed * tobler_factor(-slope))))
        if net.edge_flags[edge] & NO_FORWARD:
            out[1:] = np.inf
        if net.edge_flags[edge] & NO_BACKWARD:
            back[1:] = np.inf
        return offset, out, back

    @cached_property
    def links(self) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Stretches between neighboring nodes and places: ends (q, 2), offsets (q, 2), edge, seconds (q, 2)."""
        net, snapped = self.network, np.flatnonzero(self.places.snapped)
        edges = np.arange(net.n_edges)
        edge = np.concatenate([edges, self.places.edge[snapped], edges])
        node = np.concatenate([net.edge_nodes[:, 0], net.n_nodes + snapped, net.edge_nodes[:, 1]])
        offset = np.concatenate([np.zeros(net.n_edges), self.places.offset_m[snapped], net.edge_length_m])
        stage = np.repeat([0, 1, 2], [net.n_edges, len(snapped), net.n_edges])
        order = np.lexsort((offset, stage, edge))
        edge, node, offset = edge[order], node[order], offset[order]
        out, back = (np.zeros(len(edge)) for _ in range(2))
        whole = self._whole_edges()
        last = np.append(edge[1:] != edge[:-1], True)
        out[last], back[last] = whole[edge[last]].T
        for i in np.flatnonzero(node >= net.n_nodes):
            stops, there, home = self.clock(edge[i])
            with np.errstate(invalid="ignore"):
                out[i], back[i] = np.interp(offset[i], stops, there), np.interp(offset[i], stops, home)
        step = np.flatnonzero(~last)
        with np.errstate(invalid="ignore"):
            seconds = np.column_stack([out[step + 1] - out[step], back[step + 1] - back[step]])
        closed = net.edge_flags[edge[step], None] & np.array([NO_FORWARD, NO_BACKWARD])
        span = offset[step + 1] - offset[step]
        seconds[(closed != 0) & (span > 0)[:, None]] = np.inf
        seconds[span == 0] = 0.0  # two doors at one spot, or one at the very end of the street
        ends = np.column_stack([node[step], node[step + 1]])
        return ends, np.column_stack([offset[step], offset[step + 1]]), edge[step], seconds

    def _whole_edges(self) -> Floats:
        """Seconds (m, 2) there and back of each edge; all at once, for a city has a hundred thousand."""
        net = self.network
        if not (net.has_elevation and self.profile.slope.decay > 0):
            factor = np.where(net.edge_flags & STEPS, self.profile.steps_speed_factor, 1.0)
            return np.repeat((net.edge_length_m / (factor * self.profile.speed_mps))[:, None], 2, axis=1)
        ends = [self.clock(edge)[1:] for edge in range(net.n_edges)]
        return np.array([(out[-1], back[-1]) for out, back in ends])

    @cached_property
    def graph(self) -> csr_array:
        """Seconds between nodes, walking from row to column."""
        ends, _, _, seconds = self.links
        tail = np.concatenate([ends[:, 0], ends[:, 1]])
        head = np.concatenate([ends[:, 1], ends[:, 0]])
        cost = np.concatenate([seconds[:, 0], seconds[:, 1]])
        order = np.lexsort((cost, head, tail))
        order = order[np.isfinite(cost[order])]
        tail, head, cost = tail[order], head[order], cost[order]
        fastest = np.append(True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1]))[: len(tail)]
        size = self.network.n_nodes + len(self.places)
        return csr_array((cost[fastest], (tail[fastest], head[fastest])), shape=(size, size))

    @cached_property
    def access_s(self) -> Floats:
        return self.places.access_m / self.profile.speed_mps

    def times(self, direction: str, limit_s: float, of: NDArray[np.intp] | None = None) -> Floats:
        """Seconds (places `of`, nodes and places) along streets, the way from the place's door to its street included.

        The way to the other door is not; beyond the limit inf.
        """
        of = np.arange(len(self.places)) if of is None else of
        graph = self.graph if direction == "from" else self.graph.T.tocsr()
        found = np.full((len(of), graph.shape[0]), np.inf)
        on_street = self.places.snapped[of]
        if on_street.any():
            found[on_street] = dijkstra(graph, indices=self.network.n_nodes + of[on_street], limit=limit_s)
        found += np.where(on_street, self.access_s[of], 0.0)[:, None]
        return np.where(found <= limit_s, found, np.inf)

    def doors(self, direction: str, limit_s: float, sources: NDArray[np.intp], ends: NDArray[np.intp]) -> Floats:
        """Seconds (sources, ends) from door to door; beyond the limit inf."""
        found = self.times(direction, limit_s, sources)[:, self.network.n_nodes + ends] + self.access_s[ends]
        return np.where(found <= limit_s, found, np.inf)

    def reached_m(self, times: Floats, direction: str, cutoff_s: float) -> float:
        """Street length within the cutoff, from the times (nodes and places,) of one source."""
        ends, offsets, edge, seconds = self.links
        if direction == "to":  # what is walked toward the node lies on the way that leads to it
            seconds = seconds[:, ::-1]
        left = np.maximum(cutoff_s - times, 0.0)[ends]
        span = offsets[:, 1] - offsets[:, 0]
        full = ((seconds <= left) & (left > 0)).any(axis=1)
        total = float(span[full].sum())
        for i in np.flatnonzero(~full & (left > 0).any(axis=1) & (span > 0)):
            stops, out, back = self.clock(edge[i])
            if direction == "to":
                out, back = back, out
            low, high = offsets[i]
            inner = np.concatenate([[low], stops[(stops > low) & (stops < high)], [high]])
            got = 0.0
            if np.isfinite(out[-1]):
                clock = np.interp(inner, stops, out)
                got += np.interp(left[i, 0], clock - clock[0], inner) - low
            if np.isfinite(back[-1]):
                clock = np.interp(inner, stops, back)
                got += high - np.interp(left[i, 1], (clock[-1] - clock)[::-1], inner[::-1])
            total += min(got, high - low)
        return total


def merged(times: Floats, group: NDArray[np.int64], count: int) -> Floats:
    """The least over the members of each group, (count, …)."""
    return np.array([times[group == g].min(axis=0, initial=np.inf) for g in range(count)])


def edge_lines(network: StreetNetwork) -> NDArray[np.object_]:
    """One shapely line an edge."""
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.shape_indptr))
    return np.asarray(shapely.linestrings(network.shape_xy, indices=owner))


def snap_nothing(network: StreetNetwork) -> Places:
    """No places at all, for walks between junctions only."""
    return snap_xy(network, np.empty((0, 2)))
