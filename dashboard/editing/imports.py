"""Import: one page that goes on as far as is known, and writes only after somebody's yes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard import access
from dashboard.editing import layers as layer_view
from dashboard.editing import place_check
from dashboard.editing import review as import_review
from dashboard.editing.sheets import rows_of, when
from dashboard.editing.slots import remembered
from dashboard.editing.steps import ENDINGS, MAX_UPLOAD_MB, Headers, Upload, changed_since
from dashboard.editing.tables import template_button
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.panels import quiet
from data.intake.doctor import AS_GIVEN, columns_of
from data.intake.importers import Preview, preview
from data.intake.replacement import LAYERS, is_layer
from data.tables.columns import Column, Table
from data.tables.reading import choices
from data.tables.schema import REGISTERED, TABLES
from geo.errors import AtlasError

if TYPE_CHECKING:
    from data.registry.store import Registry
    from data.workspace import Workspace
    from geo.hypotheses import Hypothesis

FIELDS_A_ROW: Final = 4
LEAST_SCORE: Final = 0.005
"""Less likely readings of coordinates are not offered, but as they are given they always are."""


@dataclass(frozen=True)
class Wish:
    """What a person chose so far about a file: table, sheet, columns, values for columns that it lacks."""

    upload: Upload
    table: Table
    sheet: str | None
    columns: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Equal for equal wishes."""
        return (self.upload.digest, self.table.name, self.sheet, self.columns, self.defaults)


def importer(text: Catalog, workspace: Workspace) -> None:
    """The whole way: file, columns, coordinates, faults and differences, yes."""
    registry = access.registry(workspace)
    import_review.result(text, registry)
    layer_view.result(text)
    try:
        wish = _file(text, workspace)
        if wish is not None:
            _go_on(text, workspace, registry, wish)
    except AtlasError as error:
        access.tell(text, error)


def _go_on(text: Catalog, workspace: Workspace, registry: Registry, wish: Wish) -> None:
    wish = _columns(text, wish)
    seen = remembered("import_seen", wish.key, lambda: registry.revision)
    if _changed_meanwhile(text, registry, wish.table, seen):
        return
    with st.spinner(text("import.reading")):
        first = _preview(wish, workspace, registry, seen, None)
    shown: Preview | None = first
    if first.hypotheses:
        position = _coordinates(text, workspace, wish, first)
        if position is not None:
            shown = _preview(wish, workspace, registry, seen, position)
        elif first.must_ask:
            shown = None
    if shown is None:
        quiet(text("import.answer_first"))
        return
    import_review.review(text, shown, wish.upload.digest)
    import_review.confirm(text, shown, registry, wish.upload)


def _changed_meanwhile(text: Catalog, registry: Registry, table: Table, seen: int) -> bool:
    """Tell whether others have changed the table since it was compared; whoever confirms has seen what is there."""
    later = changed_since(registry, table.name, seen)
    if later:
        facts = {"who": plain(later[0].who), "at": when(later[0].at), "count": len(later)}
        st.warning(text("import.changed_meanwhile", **facts))
        st.button(text("import.compare_again"), on_click=lambda: st.session_state.pop("import_seen"))
    return bool(later)


def _file(text: Catalog, workspace: Workspace) -> Wish | None:
    """The table and its file; a layer goes its own way to the end."""
    st.header(text("import.step_file"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            text("import.table"),
            [*(table.name for table in REGISTERED), *LAYERS],
            format_func=lambda name: (
                layer_view.option(text, name) if is_layer(name) else TABLES[name].title(text.language)
            ),
            key="import_table",
            width=320,
        )
        if name in TABLES:
            template_button(text, TABLES[name], "import")
    if is_layer(name):
        layer_view.layer(text, workspace, name)
        return None
    table = TABLES[name]
    with st.container(key=f"upload_{text.language}"):  # the style sheet gives the button its words by this key
        given = st.file_uploader(
            text("import.file"),
            type=[ending[1:] for ending in ENDINGS],
            max_upload_size=MAX_UPLOAD_MB,
            key=f"import_file_{st.session_state.get('import_round', 0)}",
            help=text("import.file_help"),
        )
    if given is None:
        quiet(text("import.formats", megabytes=MAX_UPLOAD_MB))
        return None
    upload = remembered("import_upload", given.file_id, lambda: Upload.of(given.name, given.getvalue()))
    names = choices(upload.path)
    sheet = None
    if len(names) > 1:
        sheet = st.selectbox(text("import.sheet"), names, key=f"import_sheet_{upload.digest}", width=280)
    return Wish(upload, table, sheet)


def _columns(text: Catalog, wish: Wish) -> Wish:
    """Which header is which column: matched by name, guesses marked, each to be corrected."""
    table = wish.table
    headers = remembered("import_headers", wish.key, lambda: Headers.read(wish.upload.path, table, wish.sheet))
    st.header(text("import.step_columns"), anchor=False)
    facts = {"matched": len(headers.match.matched), "count": len(headers.examples), "rows": headers.n_rows}
    st.markdown(text("import.columns_found", **facts))
    columns: dict[str, str] = {}
    defaults: dict[str, str] = {}
    with st.expander(text("import.columns"), expanded=bool(headers.guesses or headers.lacking(table))):
        quiet(text("import.columns_hint"))
        for row in rows_of(table.columns, FIELDS_A_ROW):
            for place, column in zip(st.columns(FIELDS_A_ROW), row, strict=False):
                with place:
                    chosen, value = _column(text, headers, column, wish)
                if chosen is not None:
                    columns[column.name] = chosen
                if value:
                    defaults[column.name] = value
    unused = [header for header in headers.examples if header not in columns.values()]
    if unused:
        quiet(text("import.unused", headers=text("list.comma").join(map(plain, unused))))
    return Wish(wish.upload, table, wish.sheet, tuple(columns.items()), tuple(defaults.items()))


def _column(text: Catalog, headers: Headers, column: Column, wish: Wish) -> tuple[str | None, str]:
    """The header that was chosen for a column, or what to write into every row where the file has none."""
    known, guess = headers.match.matched.get(column.name), headers.guesses.get(column.name)
    options = list(headers.examples)
    needed = column in headers.lacking(wish.table)
    mark = f" · {text('import.guess')}" if guess else " *" if needed else ""
    chosen: str | None = st.selectbox(
        f"{column.header(text.language)}{mark}",
        options,
        index=next((i for i, option in enumerate(options) if option in (known, guess)), None),
        format_func=lambda header: f"{header} · {headers.examples[header]}" if headers.examples[header] else header,
        placeholder=text("import.no_column"),
        key=f"import_column_{column.name}_{hash(wish.key)}",
    )
    if chosen is not None or not needed or column.kind == "degrees":
        return chosen, ""
    value = st.text_input(text("import.same_for_all"), key=f"import_default_{column.name}_{hash(wish.key)}")
    return None, value.strip()


def _preview(wish: Wish, workspace: Workspace, registry: Registry, seen: int, position: Hypothesis | None) -> Preview:
    slot = "import_as_given" if position is None else "import_confirmed"
    key = (*wish.key, workspace.content_id, seen, position and position.id)
    return remembered(
        slot,
        key,
        lambda: preview(
            wish.upload.path,
            wish.table.name,
            workspace,
            registry,
            columns=dict(wish.columns),
            defaults=dict(wish.defaults),
            sheet=wish.sheet,
            position=position,
        ),
    )


def _coordinates(text: Catalog, workspace: Workspace, wish: Wish, first: Preview) -> Hypothesis | None:
    """What the coordinates are, as a person says; None while nobody has, or where they stay as given."""
    st.header(text("import.step_places"), anchor=False)
    best = first.hypotheses[0]
    if first.must_ask:
        st.warning(text("place.ask", likely=_name(text, best), evidence=_evidence(text, best)))
    elif AS_GIVEN in (best.id, *best.same_as):
        st.markdown(text("place.fine", evidence=_evidence(text, best)))
    else:
        st.markdown(text("place.unclear"))
    offered = {h.id: h for h in first.hypotheses if h.score >= LEAST_SCORE or h.id == AS_GIVEN}
    ids = list(offered)
    key = f"import_position_{hash(wish.key)}"
    ask, picture = st.columns([2, 3], gap="medium")
    with ask:
        chosen = st.radio(
            text("place.choose"),
            ids,
            index=None if first.must_ask or AS_GIVEN not in ids else ids.index(AS_GIVEN),
            format_func=lambda id: _name(text, offered[id]),
            captions=[_evidence(text, offered[id]) for id in ids],
            key=key,
        )
    looked_at = offered[chosen or best.id]
    places = place_check.Places.of(columns_of(first.draft.cells), looked_at, workspace.crs)
    with picture:
        place_check.show(text, places, workspace, (text("place.before"), _name(text, looked_at)))
    return None if chosen is None else offered[chosen]


def _name(text: Catalog, hypothesis: Hypothesis) -> str:
    plain_id = hypothesis.id.removesuffix("-swapped")
    name = text.texts.get(f"place.{plain_id}", plain_id)
    return text("place.swapped", name=name) if hypothesis.swapped else name


def _evidence(text: Catalog, hypothesis: Hypothesis) -> str:
    """What speaks for a reading: likelihood, points in the jurisdiction that they claim, way to the next street."""
    parts = [text("place.score", share=f"{100 * hypothesis.score:.0f}")]
    if hypothesis.share_inside == hypothesis.share_inside:
        parts.append(text("place.inside", share=f"{100 * hypothesis.share_inside:.0f}"))
    if hypothesis.median_street_m == hypothesis.median_street_m:
        parts.append(text("place.street", meters=f"{hypothesis.median_street_m:,.0f}"))
    return " · ".join(parts)
