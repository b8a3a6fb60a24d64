"""Layers: residents, outlines, streets or heights from another file, looked over before they take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.editing.slots import remembered
from dashboard.editing.steps import MAX_UPLOAD_MB, Upload
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.panels import quiet
from data.intake.replacement import Layer, Replacement
from geo.streets.reading import ENDINGS as STREET_ENDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from data.workspace import Workspace

SHAPE_TYPES: Final = ("geojson", "json", "gpkg", "zip")
TYPES: Final[dict[Layer, tuple[str, ...]]] = {
    "demand": ("csv", "xlsx", *SHAPE_TYPES, "tif", "tiff"),
    "jurisdictions": SHAPE_TYPES,
    "streets": tuple(dict.fromkeys(end.rpartition(".")[2] for end in STREET_ENDINGS if end != ".shp")),
    "elevation": ("tif", "tiff", "hgt", "zip"),
}
"""Endings of a layer's files; a Shapefile comes zipped, for it is several files."""
BUILDING_TYPES: Final = ("csv", *SHAPE_TYPES)
DOUBTFUL_SHARE: Final = 0.9
"""A layer that holds less of the centers or residents is most likely one of another place."""
FAR_OFF: Final = 2.0
"""A total that many times larger or smaller than before asks for a second look, too."""
TOTALS: Final = ("population", "length_km")
LABEL_PX: Final = 160
FIGURE_PX: Final = 90
READ: Final = "layer_read"


def layer(text: Catalog, workspace: Workspace, name: Layer) -> None:
    """The whole way of a layer: file, comparison, yes.

    Raises:
        AtlasError: the file cannot be used; nothing was written.
    """
    quiet(text(f"layerhelp.{name}"))
    upload = _upload(text, "layer_file", text("import.file"), TYPES[name])
    if upload is None:
        quiet(text("layer.formats", types=", ".join(TYPES[name]), megabytes=MAX_UPLOAD_MB))
        with st.expander(text("layer.larger")):
            quiet(text("layer.larger_hint"))
            st.code(f"python -m data import my-workspace {name} {upload_example(name)} --yes", language=None)
        return
    heights, buildings = None, None
    if name == "streets" and workspace.elevation_path is not None:
        wanted = st.checkbox(text("layer.heights"), value=True, key="layer_heights")
        heights = workspace.elevation_path if wanted else None
    if name == "demand":
        with st.expander(text("layer.buildings")):
            quiet(text("layer.buildings_hint"))
            buildings = _upload(text, "layer_buildings", text("layer.buildings"), BUILDING_TYPES)
    key = (upload.digest, name, workspace.content_id, heights, buildings and buildings.digest)
    found = remembered(READ, key, lambda: _read(text, workspace, name, upload.path, heights, buildings))
    _review(text, workspace, found)
    _confirm(text, workspace, found, upload)


def upload_example(name: Layer) -> str:
    """A likely name of a layer's file."""
    return {"demand": "residents.tif", "jurisdictions": "villages.gpkg", "streets": "county.osm.pbf"}.get(
        name, "heights.tif"
    )


def option(text: Catalog, name: Layer) -> str:
    """A layer's name in the list of what may be imported."""
    return text("layer.option", layer=text(f"layername.{name}"))


def result(text: Catalog) -> None:
    """What the last replacement of this session did."""
    done = st.session_state.get("layer_done")
    if done is not None:
        name, file = done
        st.success(text("layer.done", layer=text(f"layername.{name}"), name=plain(file)))


def _upload(text: Catalog, slot: str, label: str, types: tuple[str, ...]) -> Upload | None:
    with st.container(key=f"upload_{text.language}_{slot}"):
        given = st.file_uploader(
            label,
            type=list(types),
            max_upload_size=MAX_UPLOAD_MB,
            key=f"{slot}_{'_'.join(types)}_{st.session_state.get('import_round', 0)}",
            help=text("import.file_help"),
        )
    if given is None:
        return None
    return remembered(slot, given.file_id, lambda: Upload.of(given.name, given.getvalue()))


def _read(
    text: Catalog, workspace: Workspace, name: Layer, path: Path, heights: Path | None, buildings: Upload | None
) -> Replacement:
    bar = st.progress(0.0, text("layer.reading"))

    def show(_doing: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), text("layer.reading"))

    try:
        houses = None if buildings is None else buildings.path
        return Replacement.read(workspace, name, path, elevation=heights, buildings=houses, progress=show)
    finally:
        bar.empty()


def _review(text: Catalog, workspace: Workspace, found: Replacement) -> None:
    """Counts against what is there, what was left out and why, how far it can be trusted."""
    st.header(text("layer.review"), anchor=False)
    lines = [
        {"what": text(f"layermeasure.{name}"), "now": figures.number(now), "new": figures.number(new)}
        for name, (now, new) in found.measures(workspace).items()
    ]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content",
        width="content",
        column_config={
            "what": st.column_config.TextColumn("", width=LABEL_PX),
            "now": st.column_config.TextColumn(text("layer.now"), width=FIGURE_PX, alignment="right"),
            "new": st.column_config.TextColumn(text("layer.new"), width=FIGURE_PX, alignment="right"),
        },
    )
    if found.residents is not None:
        told = found.residents.told.label(text.language)
        judged = found.residents.coarseness
        st.markdown(f"{'✓' if judged is None or judged.verdict == 'fine' else '△'} {plain(told)}")
    if found.left_out:
        streets = found.layer == "streets"
        words = {name: text(f"omitted.{name}") if streets else text(f"met.{name}") for name in found.left_out}
        reasons = [f"{words[name]} {figures.number(count)}" for name, count in found.left_out.items()]
        st.markdown(text("layer.left_out", reasons=text("list.comma").join(reasons)))
    elif found.layer in ("streets", "demand"):
        st.markdown(text("layer.nothing_left_out"))


def _confirm(text: Catalog, workspace: Workspace, found: Replacement, upload: Upload) -> None:
    """How much of the network the layer holds, a second look where that is little, and the yes."""
    fit = found.fit(workspace)
    place = "inside" if found.layer == "jurisdictions" else "streets"
    sure = True
    (centers, all_centers), (residents, all_residents) = fit.centers, fit.residents
    share = residents / all_residents if all_residents else 1.0
    told = text(
        f"layer.fit_{place}", centers=centers, all_centers=all_centers, residents=figures.share(share),
    )  # fmt: skip
    doubts = [f"{told} {text('layer.elsewhere')}"] if min(centers / all_centers, share) < DOUBTFUL_SHARE else []
    doubts += _far_off(text, workspace, found)
    if doubts:
        st.warning("\n\n".join(doubts))
        sure = st.checkbox(text("layer.sure"), key=f"layer_sure_{upload.digest}")
    else:
        st.markdown(f"✓ {told}")
    quiet(text("layer.before_writing"))
    label = text("layer.write", layer=text(f"layername.{found.layer}"))
    if st.button(label, type="primary", disabled=not sure, key="layer_write"):
        with st.spinner(text("review.writing")):
            found.write(workspace)
        st.session_state["layer_done"] = (found.layer, upload.path.name)
        st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1  # an empty uploader
        for slot in (READ, "layer_file", "layer_buildings"):
            st.session_state.pop(slot, None)
        st.rerun()


def _far_off(text: Catalog, workspace: Workspace, found: Replacement) -> list[str]:
    """A sentence for each total that is very different from before."""
    return [
        text("layer.far_off", what=text(f"layermeasure.{name}"), now=figures.number(now), new=figures.number(new))
        for name, (now, new) in found.measures(workspace).items()
        if name in TOTALS and now > 0 and not 1 / FAR_OFF <= new / now <= FAR_OFF
    ]
