"""The palette: the same everywhere, legible, and apart for every eye."""

from __future__ import annotations

import itertools
import tomllib

import numpy as np
import pytest

from dashboard.theme import PALETTES, Palette
from tests.conftest import ROOT

# Machado, Oliveira & Fernandes (2009), A physiologically-based model for simulation of color vision deficiency,
# severity 1.0; rows act on linear RGB.
COLOR_BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(color: str) -> np.ndarray:
    channel = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def luminance(rgb: np.ndarray) -> float:
    return float(np.clip(rgb, 0, 1) @ [0.2126, 0.7152, 0.0722])


def contrast(a: np.ndarray, b: np.ndarray) -> float:
    """WCAG 2.2 contrast ratio."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_streamlit_wears_the_palette(name):
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"][name]
    palette = PALETTES[name]
    expected = (
        palette.ink,
        palette.canvas,
        palette.paper,
        palette.line,
        palette.identity,
        palette.joint,
        palette.muted,
    )
    keys = ("textColor", "backgroundColor", "secondaryBackgroundColor", "borderColor", "redColor", "violetColor")
    assert tuple(theme[key] for key in (*keys, "grayColor")) == expected


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_text_is_legible(palette: Palette):
    for ground in (palette.canvas, palette.paper, palette.land):
        assert contrast(linear(palette.ink), linear(ground)) >= 7
        assert contrast(linear(palette.muted), linear(ground)) >= 4.5
        assert contrast(linear(palette.identity), linear(ground)) >= 4.5
    assert contrast(linear(palette.place), linear(palette.outside)) >= 4.5


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize("eye", [None, *COLOR_BLIND])
def test_cutoffs_are_told_apart_by_lightness_and_groups_by_every_eye(palette: Palette, eye: str | None):
    see = np.eye(3) if eye is None else np.array(COLOR_BLIND[eye])
    reached = [see @ linear(color) for color in palette.reached]
    assert all(contrast(a, b) >= 1.6 for a, b in itertools.pairwise(reached))
    groups = [see @ linear(color) for color in palette.groups]
    distance = [np.abs(np.clip(a, 0, 1) ** (1 / 2.2) - np.clip(b, 0, 1) ** (1 / 2.2)).max()
                for i, a in enumerate(groups) for b in groups[i + 1 :]]  # fmt: skip
    assert min(distance) >= 0.15


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_number_of_cutoffs_has_shades_of_its_own_that_run_one_way(palette: Palette):
    assert palette.shades(1) == palette.reached[:1]
    assert palette.shades(2) == (palette.reached[0], palette.reached[2])
    assert palette.shades(3) == palette.reached
    for count in range(2, 9):
        light = [luminance(linear(color)) for color in palette.shades(count)]
        assert len(light) == count and len(set(light)) == count
        assert light in (sorted(light), sorted(light, reverse=True))
