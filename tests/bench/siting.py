"""Siting: proven answers on the sample district and on planar instances of towns; what-if by click; OR-Library."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree

from geo.coverage.report import read_frame
from geo.engine.reach import CostMatrix
from geo.params import ADULT, MINUTE_S, SitingParams
from geo.people.residents import Residents
from geo.siting.candidates import from_villages
from geo.siting.ground import SiteGround
from geo.siting.problem import SitingProblem
from geo.siting.questions import MaxCover, Plan, PMedian, Question, improve, solve
from geo.siting.scenario import Baseline
from geo.siting.tradeoff import explain
from geo.streets.network import StreetNetwork, gather_runs
from tests.bench.harness import ROOT, Row, at_most, bench, child, duration, times_faster

SAMPLE = ROOT / "data" / "sample"
PMED = ROOT.parent / "shared" / "data" / "published" / "pmed"
SEED = 20_240_601
RIVAL_LIMIT_S = 300


@bench
def district() -> Iterator[Row]:
    """Best 5 and best 20 on the sample, existing centers fixed, after the times are known."""
    problem = sample_problem()
    size = (
        f"{int(problem.free.sum())} candidates × {len(problem.weight):,} points, {int(problem.existing.sum())} centers"
    )
    for add in (5, 20):
        solve(problem, MaxCover(add))
        seconds, plan = timed(fresh(problem), MaxCover(add))
        yield at_most(f"sample, best {add} proven ({size})", seconds, 0.5, "s", proof(plan))
        if find_spec("spopt") and find_spec("pulp"):
            rival_s, covered = spopt_cover(problem, add)
            if abs(covered - plan.covered) > 0.5:
                raise RuntimeError(f"spopt covers {covered}, we cover {plan.covered}")
            yield times_faster(f"sample, best {add}: spopt with CBC", rival_s, seconds, 15.0)


@bench
def province() -> Iterator[Row]:
    """1,000 × 50,000, with 200 existing centers and greenfield; 5,000 × 500,000 with 1,000 existing, in a child."""
    for existing, adds in ((200, (5, 20, 100)), (0, (5, 20, 100))):
        problem = planar(1_000, 50_000, existing)
        for add in adds:
            if existing:
                seconds, plan = timed(fresh(problem), MaxCover(add))
                yield at_most(f"1,000 × 50,000, {existing} existing, best {add} proven", seconds, 5.0, "s", proof(plan))
            else:
                begun = time.perf_counter()
                first = next(improve(fresh(problem), MaxCover(add)))
                seconds = time.perf_counter() - begun
                yield at_most(f"1,000 × 50,000 greenfield, best {add}: first answer", seconds, 2.0, "s")
                yield at_most(f"1,000 × 50,000 greenfield, best {add}: its gap", 100 * first.gap, 1.5, "%")
    used = child("-m", "tests.bench.siting", "100")
    *lines, last = used.output.strip().split("\n")
    yield at_most(
        "5,000 × 500,000, 1,000 existing, best 100 proven", float(last), 15.0, "s", lines[-1] if lines else ""
    )
    yield at_most("the same: peak memory, instance included", used.peak_mb, 1_024, "MB")


@bench
def click() -> Iterator[Row]:
    """What-if on prepared times: every candidate of the sample as a click; the same among 500,000 points."""
    problem, ground = sample_problem(), sample_ground()
    villages = np.unique(ground.residents.village, return_inverse=True)[1]
    yield clicks("what-if by click, sample, p95", problem, ground.residents.people, villages)
    large = planar(5_000, 500_000, 1_000)
    yield clicks("what-if by click, 500,000 points, p95", large, large.weight[:, None], np.arange(500_000) // 5_000)


@bench
def explained() -> Iterator[Row]:
    """What each site of a plan brings, with every candidate tried in its place."""
    problem = planar(2_000, 20_000, 100)
    plan = next(improve(problem, PMedian(5, 30.0)))
    begun = time.process_time()
    explain(problem, plan)
    seconds = time.process_time() - begun
    yield at_most("2,000 × 20,000, shortest mean walk with 5: explained (CPU)", seconds, 2.0, "s")


@bench
def published() -> Iterator[Row]:
    """OR-Library p-median 1 to 15 (Beasley 1985)."""
    if not PMED.exists():
        return
    lines = (PMED / "pmedopt.txt").read_text().split("\n")
    optima = {name: int(value) for name, value in (line.split() for line in lines if line.startswith("pmed"))}
    for number in range(1, 16):
        rows = [
            list(map(int, line.split()))
            for line in (PMED / f"pmed{number}.txt").read_text().split("\n")
            if line.strip()
        ]
        n, _, p = rows[0]
        cost = np.full((n, n), np.inf)
        for u, v, c in rows[1:]:
            cost[u - 1, v - 1] = cost[v - 1, u - 1] = c
        problem = SitingProblem.of_minutes(shortest_path(cost), np.ones(n), cutoff=10)
        seconds, plan = timed(problem, PMedian(p))
        equal = abs(plan.objective * n - optima[f"pmed{number}"]) < 1e-6
        yield Row(
            f"pmed{number}: {n} points, {p} medians", duration(seconds),
            f"{plan.objective * n:,.0f}, published {optima[f'pmed{number}']:,}, {plan.verdict}", equal and plan.proven,
        )  # fmt: skip


def timed(problem: SitingProblem, question: Question) -> tuple[float, Plan]:
    """Wall seconds: HiGHS works in a thread of its own, and waiting for it is part of the answer."""
    gc.collect()
    begun = time.perf_counter()
    plan = solve(problem, question, SitingParams(120))
    return time.perf_counter() - begun, plan


def proof(plan: Plan) -> str:
    if not plan.proven:
        raise RuntimeError(f"not proven: {plan.verdict}")
    return ", proven optimal"


def fresh(problem: SitingProblem) -> SitingProblem:
    """The same without what an earlier question has already computed."""
    return problem.with_rules(*problem.rules)


def clicks(what: str, problem: SitingProblem, people: np.ndarray, homes: np.ndarray) -> Row:
    """The 95th percentile of the effect of each candidate alone; its times are known."""
    times, today = problem.times, np.flatnonzero(problem.existing)
    baseline = Baseline(rows(times, today), people, homes, problem.cutoff_s).prepare()
    taken = []
    for site in np.flatnonzero(problem.free):
        added = rows(times, np.array([site]))
        begun = time.process_time()
        baseline.effect(added)
        taken.append(time.process_time() - begun)
    return at_most(what, 1_000 * float(np.percentile(taken, 95)), 1.5, "ms")


def rows(times: CostMatrix, sites: np.ndarray) -> CostMatrix:
    indptr, picked = gather_runs(times.indptr, sites)
    return CostMatrix(indptr, times.index[picked], times.seconds[picked], times.n_destinations)


@cache
def sample_ground() -> SiteGround:
    network = StreetNetwork.load(SAMPLE / "streets.arrow")
    residents = Residents.of(read_frame(SAMPLE / "demand.parquet", "demand"))
    centers = pd.read_csv(SAMPLE / "centers.csv")
    points = pd.read_csv(SAMPLE / "service_points.csv")
    number = {key: i for i, key in enumerate(centers["id"][centers["status"] == "open"])}
    points = points[points["center"].isin(number)]
    lonlat, of_center = points[["lon", "lat"]].to_numpy(), points["center"].map(number).to_numpy(np.int64)
    return SiteGround(network, residents, from_villages(residents, network.crs), tuple(number), lonlat, of_center)


@cache
def sample_problem() -> SitingProblem:
    return sample_ground().problem(ADULT)


def planar(sites: int, points: int, existing: int) -> SitingProblem:
    """Towns of unequal size in a plane; a site reaches 15 minutes in a straight line. Synthetic."""
    random = np.random.default_rng(SEED)
    towns = points // 250
    center = random.uniform(0, 0.9 * np.sqrt(sites), (towns, 2))
    size = random.lognormal(0, 1, towns)
    home = center[random.choice(towns, points, p=size / size.sum())] + random.normal(0, 0.6, (points, 2))
    place = home[random.choice(points, sites, replace=False)] + random.normal(0, 0.1, (sites, 2))
    near = cKDTree(home).query_ball_point(place, 1.0)
    indptr = np.append(0, np.cumsum([len(row) for row in near])).astype(np.int64)
    index = np.concatenate([np.array(row, dtype=np.uint32) for row in near])
    seconds = 15 * MINUTE_S * np.linalg.norm(home[index] - np.repeat(place, np.diff(indptr), axis=0), axis=1)
    fixed = np.zeros(sites, np.bool_)
    fixed[random.choice(sites, existing, replace=False)] = True
    people = random.integers(1, 30, points).astype(np.float64)
    times = CostMatrix(indptr, index, seconds, points)
    return SitingProblem(times, people, fixed, 15 * MINUTE_S, tuple(map(str, range(sites))))


def spopt_cover(problem: SitingProblem, add: int) -> tuple[float, float]:
    """Seconds that spopt's MCLP with CBC takes on the same times, building included, and the people it covers."""
    import pulp
    from spopt.locate import MCLP

    minutes = np.full((len(problem.weight), len(problem.ids)), 1e6)
    row = np.repeat(np.arange(len(problem.ids)), np.diff(problem.times.indptr))
    minutes[problem.times.index, row] = problem.times.seconds / MINUTE_S
    fixed = problem.existing.astype(int)
    begun = time.perf_counter()
    model = MCLP.from_cost_matrix(
        minutes, problem.weight, service_radius=problem.cutoff_s / MINUTE_S + 1e-5,
        p_facilities=add + int(fixed.sum()), predefined_facilities_arr=fixed,
    )  # fmt: skip
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=RIVAL_LIMIT_S))
    return time.perf_counter() - begun, float(model.problem.objective.value())


def question_in_child(add: int) -> None:
    """Prints the verdict, then the seconds: for a process whose memory is measured."""
    problem = planar(5_000, 500_000, 1_000)
    seconds, plan = timed(problem, MaxCover(add))
    print(proof(plan))
    print(seconds)


if __name__ == "__main__":
    question_in_child(int(sys.argv[1]))
