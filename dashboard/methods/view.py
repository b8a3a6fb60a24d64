"""The methods page's parts: the list of figures, one figure in full, inputs, parameters, exactness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.i18n import Catalog
from dashboard.markdown import as_read, plain
from dashboard.methods import inputs as given
from dashboard.methods.figure_catalog import FIGURES, GROUPS, KEY, OWN, Figure, own_figures
from dashboard.methods.parameter_catalog import PARAMETERS, facts
from dashboard.panels import quiet
from data.monitoring.indicators import Indicator, read_indicators
from geo.engine.kernels import UNITS

if TYPE_CHECKING:
    from data.workspace import Workspace

READING_PX: Final = 760
"""Lines of about 45 Chinese characters, or 90 letters."""
TABLE_PX: Final = 1080
ENTRY_PX: Final = 296
"""Of the list: four side by side on a desk, one on a phone."""

EXACTNESS: Final = ("times", "rounding", "directions", "outline", "checks", "same")
SEARCH: Final = "methods_search"
STOP: Final = re.compile(r"。|(?<!\d)\. ")


class Methods:
    """What the parts read: the catalog, the workspace, its indicators and the parameters' values."""

    def __init__(self, text: Catalog, workspace: Workspace) -> None:
        self.text = text
        self.workspace = workspace
        self.indicators: dict[str, Indicator] = read_indicators(workspace.path("indicators"))
        self.figures: dict[str, Figure] = {**FIGURES, **own_figures(self.indicators)}
        self.facts = facts(text, workspace.settings)

    def ordered(self) -> list[Figure]:
        """All figures as the list shows them."""
        return [figure for group in GROUPS for figure in self.figures.values() if figure.group == group]

    def name(self, figure: Figure) -> str:
        """A figure's name, for Markdown."""
        indicator = self._own(figure)
        return plain(indicator.name(self.text.language)) if indicator else self.text(f"figure.{figure.id}.name")

    def what(self, figure: Figure) -> str:
        """Its definition, for Markdown."""
        indicator = self._own(figure)
        return self._declared(indicator) if indicator else self.text(f"figure.{figure.id}.what", **self.facts)

    def where(self, figure: Figure) -> str:
        """What the letters of its formula mean; "" for a figure without one."""
        return self.text.texts.get(f"figure.{figure.id}.where", "")

    def found(self, query: str) -> list[Figure]:
        """Figures whose name or definition holds every word of a query."""
        words = query.casefold().split()
        told = {figure: as_read(f"{self.name(figure)} {self.what(figure)}").casefold() for figure in self.ordered()}
        return [figure for figure, said in told.items() if all(word in said for word in words)]

    def _own(self, figure: Figure) -> Indicator | None:
        return self.indicators[figure.id.removeprefix(OWN)] if figure.id.startswith(OWN) else None

    def _declared(self, indicator: Indicator) -> str:
        text = self.text
        unit = plain(indicator.unit(text.language)) or text("indicator.no_unit")
        centers = indicator.over_centers
        together = text.code("adding_up", centers) if centers else text("indicator.apart")
        weeks = text.code("adding_up", indicator.over_weeks)
        direction = text.code("direction", indicator.direction)
        parts = [text("indicator.what", unit=unit, direction=direction, weeks=weeks, centers=together)]
        if indicator.targets:
            periods = [f"{period}: {value:,g}" for period, value in indicator.targets.items()]
            parts.append(text("indicator.targets", targets=text("list.comma").join(periods)))
        parts.append(text("indicator.quality", quality=text.code("quality", indicator.quality)))
        if indicator.source:
            parts.append(text("input.source", sources=plain(indicator.source)))
        return ("" if text.language == "zh" else " ").join(parts)


# ---- figures ------------------------------------------------------------------------------------------------


def figure_list(methods: Methods) -> None:
    """All figures by group, with a field to find one."""
    text = methods.text
    query = st.text_input(
        text("methods.search"), key=SEARCH, placeholder=text("methods.search_hint"), label_visibility="collapsed",
        width=READING_PX,
    )  # fmt: skip
    found = methods.found(query)
    if not found:
        st.info(text("methods.none", query=plain(query)), width=READING_PX)
    for group in GROUPS:
        members = [figure for figure in found if figure.group == group]
        if not members:
            continue
        st.header(text(f"families.{group}"), anchor=False)
        with st.container(border=True, horizontal=True, gap="medium"):
            for figure in members:
                _list_entry(methods, figure)


def _list_entry(methods: Methods, figure: Figure) -> None:
    with st.container(width=ENTRY_PX, gap=None):
        st.button(
            f"**{methods.name(figure)}**", key=f"open_{methods.text.language}_{figure.id}", type="tertiary",
            on_click=choose, args=(figure.id,),
        )  # fmt: skip
        quiet(first_sentence(methods.what(figure)))


def first_sentence(words: str) -> str:
    """Up to the first full stop, Chinese or English; a point after a digit numbers what follows."""
    stop = STOP.search(words)
    return words[: stop.end()].rstrip() if stop else words


def choose(figure: str | None) -> None:
    """Show one figure, or all of them."""
    st.session_state[KEY] = figure


def figure_page(methods: Methods, figure: Figure) -> None:
    """One figure in full."""
    text = methods.text
    _way_on(methods, figure)
    with st.container(width=READING_PX, gap="small"):
        st.header(methods.name(figure), anchor=False)
        quiet(text(f"families.{figure.group}"))
        st.markdown(methods.what(figure))
        if figure.formula:
            _title(text("methods.formula"))
            with st.container(border=True):
                st.latex(figure.formula)
        if methods.where(figure):
            st.markdown(f"{text('methods.letters')} {methods.where(figure)}")
        if figure.limits:
            _title(text("methods.limits"))
            st.markdown("\n".join(f"- {text(f'limit.{limit}')}" for limit in figure.limits))
    with st.container(width=TABLE_PX, gap="small"):
        _title(text("methods.inputs"))
        _input_table(text, methods.workspace, figure.inputs)
        if figure.parameters:
            _title(text("methods.parameters"))
            _parameter_table(methods, figure.parameters)
        literature = "\n".join(f"- :small[{plain(source)}]" for source in figure.sources)
        if literature:
            _title(text("methods.source"))
            st.markdown(literature)
        quiet(f"{text('methods.code')} `{figure.code}`")


def _way_on(methods: Methods, figure: Figure) -> None:
    """Back to the list, and to the figures before and after."""
    text, order = methods.text, methods.ordered()
    at = order.index(figure)
    with st.container(horizontal=True, gap="small"):
        st.button(f"← {text('methods.all')}", key="methods_all", on_click=choose, args=(None,))
        for key, step in (("previous", -1), ("next", 1)):
            there = 0 <= at + step < len(order)
            st.button(
                text(f"methods.{key}"), key=f"methods_{key}", type="tertiary", disabled=not there,
                on_click=choose, args=(order[at + step].id if there else None,),
                help=methods.name(order[at + step]) if there else None,
            )  # fmt: skip


# ---- data, parameters, exactness ----------------------------------------------------------------------------


def input_chapter(methods: Methods) -> None:
    """What the workspace holds, of which day and how sure; and what was left out of the streets."""
    text, workspace = methods.text, methods.workspace
    note = workspace.settings.note(text.language)
    with st.container(width=READING_PX):
        if workspace.settings.synthetic:
            st.warning(text("methods.synthetic"))
        if note:
            quiet(plain(note))
    facts_of = given.inputs(text, workspace)
    with st.container(width=TABLE_PX):
        _input_table(text, workspace, list(facts_of), facts_of)
        named = [item for item in facts_of.values() if item.sources]
        for item in named:
            sources = " / ".join(plain(source) for source in item.sources)  # they hold commas
            quiet(f"**{text(f'input.{item.id}')}** · {text('input.source', sources=sources)}")
    with st.container(width=READING_PX):
        _title(text("input.left_out"))
        left = given.left_out(workspace)
        if left:
            rows = [(text(f"omitted.{reason}"), f"{count:,}") for reason, count in left.items()]
            st.markdown(_table((text("methods.cause"), text("methods.how_many")), rows, numbers=(1,)))
        else:
            st.markdown(text("input.nothing_left_out"))
        network = workspace.network
        parts, ends = len(network.component_length_m), int(network.node_truncated.sum())
        quiet(text("input.components", count=f"{parts:,}", ends=f"{ends:,}"))


def parameter_chapter(methods: Methods) -> None:
    """Every assumption with its value and where it comes from."""
    with st.container(width=TABLE_PX):
        _parameter_table(methods, PARAMETERS)


def engine_chapter(methods: Methods) -> None:
    """How exact the engine is, and how that is checked."""
    text = methods.text
    with st.container(width=READING_PX, gap="small"):
        for part in EXACTNESS:
            _title(text(f"engine.{part}_title"))
            st.markdown(text(f"engine.{part}", units=f"{UNITS:,}", **methods.facts))


def _input_table(
    text: Catalog,
    workspace: Workspace,
    ids: Sequence[str],
    facts_of: Mapping[str, given.InputFacts] | None = None,
) -> None:
    facts_of = facts_of or given.inputs(text, workspace)
    rows = []
    for name in ids:
        item = facts_of[name]
        amount = plain(item.amount) or text("methods.absent")
        weighed = text("input.by_people") if name == "demand" and len(item.quality) > 1 else ""
        rows.append((text(f"input.{name}"), amount, plain(item.day) or "–", item.quality_in_words(text) + weighed))
    heads = ("name", "how_many", "day", "quality")
    st.markdown(_table([text(f"methods.{head}") for head in heads], rows))


def _parameter_table(methods: Methods, ids: Iterable[str]) -> None:
    text, settings = methods.text, methods.workspace.settings
    rows = []
    for name in ids:
        parameter = PARAMETERS[name]
        origin = "yours" if parameter.editable else "published" if parameter.source else "ours"
        why = [text(f"parameter.{name}.why"), plain(parameter.source), f"`{parameter.code}`"]
        mark = f" :gray-badge[{text(f'methods.{origin}')}]"
        rows.append(
            (text(f"parameter.{name}.name"), parameter.shown(text, settings) + mark, " ".join(filter(None, why)))
        )
    st.markdown(_table([text(f"methods.{head}") for head in ("name", "value", "reason")], rows))


def _title(words: str) -> None:
    st.subheader(words, anchor=False)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A Markdown table; columns of `numbers` stand to the right."""
    marks = ["--:" if column in numbers else ":--" for column in range(len(heads))]
    cells = [[cell.replace("|", r"\|") if "\\|" not in cell else cell for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, marks, *cells])
