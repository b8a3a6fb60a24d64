"""The report as a Word document, for who goes on writing in it. The same content as the PDF."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from dashboard.i18n import HTML_LANG
from dashboard.siting.report.document import legal
from dashboard.siting.report.pdf import png
from dashboard.theme import LIGHT

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

    from dashboard.siting.report.document import PlanReport, Section, Table

LATIN: Final = "Calibri"
CHINESE: Final = "Microsoft YaHei"
"""Comes with Windows; Word and its like put another Chinese font in its place elsewhere."""
WIDTH_MM: Final = 170.0
MARGIN_MM: Final = 20.0
MAP_MM: Final = 142.0
"""Narrower than the text, so that it goes on the first page."""
STYLES_PT: Final = {
    "Normal": (10.0, 0.0, 5.0), "Title": (20.0, 0.0, 4.0), "Heading 1": (13.0, 13.0, 4.0),
    "Heading 2": (10.5, 8.0, 3.0), "List Bullet": (10.0, 0.0, 2.0),
}  # fmt: skip
"""Style → size of its letters, and the space before and after."""
SHORT_TABLE: Final = 12
"""A table of no more rows stays on one page."""
TABLE_PT: Final = 8.5
NOTE_PT: Final = 8.0
INK, MUTED, RED, RISK = (RGBColor.from_string(color.lstrip("#")) for color in (
    LIGHT.ink, LIGHT.muted, LIGHT.identity, "#8A5A12"))  # fmt: skip
SHADE: Final = "F3F6F9"
CELL_MARGIN: Final = "60"
"""Twentieths of a point."""


def docx(report: PlanReport) -> bytes:
    """The report as a .docx file."""
    document = Document()
    _styles(document, report)
    _page(document, report)
    _line(document, report.workspace, color=MUTED)
    document.add_paragraph(legal(report.title), style="Title")
    _line(document, report.subtitle, color=MUTED)
    if report.warning:
        _line(document, report.warning, color=RISK, size=9)
    document.add_heading(report.words["summary"], 1)
    for sentence in report.summary:
        document.add_paragraph(sentence, style="List Bullet")
    document.add_heading(report.words["figures"], 1)
    _table(document, report.figures)
    _line(document, report.figures_note, color=MUTED, size=NOTE_PT)
    document.add_heading(report.words["map"], 1)
    _map(document, report)
    for part in report.sections:
        _section(document, part)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _section(document: WordDocument, part: Section) -> None:
    document.add_heading(part.title, 1)
    for paragraph in part.paragraphs:
        document.add_paragraph(paragraph).paragraph_format.keep_with_next = bool(part.tables)
    for table in part.tables:
        if table.title:
            document.add_heading(table.title, 2)
        _table(document, table)
    for note in part.notes:
        _line(document, note, color=MUTED, size=NOTE_PT)


def _line(document: WordDocument, words: str, *, color: RGBColor, size: float | None = None) -> Paragraph:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(words)
    run.font.color.rgb = color
    if size:
        run.font.size = Pt(size)
        paragraph.paragraph_format.space_before = Pt(3)
    return paragraph


# ---- the page -----------------------------------------------------------------------------------------------


def _styles(document: WordDocument, report: PlanReport) -> None:
    properties = document.core_properties
    properties.title, properties.author = legal(report.title)[:255], legal(report.workspace)[:255]
    properties.language, properties.comments = HTML_LANG[report.language], ""
    properties.created = properties.modified = dt.datetime.combine(report.as_of, dt.time())
    for name, (size, before, after) in STYLES_PT.items():
        style: Any = document.styles[name]
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.font.name, style.font.size, style.font.color.rgb = LATIN, Pt(size), INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for part in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[part]
        fonts.set(qn("w:eastAsia"), CHINESE)
        style.font.bold = name not in ("Normal", "List Bullet")
    normal: Any = document.styles["Normal"]
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)
    heading: Any = document.styles["Heading 1"]
    heading.font.color.rgb = RED
    title: Any = document.styles["Title"]
    for border in title.element.get_or_add_pPr().findall(qn("w:pBdr")):
        title.element.pPr.remove(border)


def _page(document: WordDocument, report: PlanReport) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(18)
    footer = section.footer.paragraphs[0]
    footer.style = document.styles["Normal"]  # its own has tab stops in the middle
    footer.paragraph_format.tab_stops.add_tab_stop(Mm(WIDTH_MM), _right_tab())
    _small(footer.add_run(report.running + "\t"))
    before, _, rest = report.words["page"].partition("{number}")
    between, _, after = rest.partition("{count}")
    for words, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        _small(footer.add_run(words))
        if field:
            _field(footer, field)


def _right_tab() -> Any:
    from docx.enum.text import WD_TAB_ALIGNMENT

    return WD_TAB_ALIGNMENT.RIGHT


def _small(run: Any) -> None:
    run.font.size, run.font.color.rgb = Pt(NOTE_PT), MUTED


def _field(paragraph: Paragraph, name: str) -> None:
    """A number that Word counts: of this page, or of all."""
    for kind in ("begin", None, "separate", "text", "end"):
        run = paragraph.add_run("1" if kind == "text" else "")
        _small(run)
        if kind == "text":
            continue
        mark = OxmlElement("w:instrText" if kind is None else "w:fldChar")
        if kind is None:
            mark.set(qn("xml:space"), "preserve")
            mark.text = name
        else:
            mark.set(qn("w:fldCharType"), kind)
        run._r.append(mark)


def _map(document: WordDocument, report: PlanReport) -> None:
    document.add_picture(io.BytesIO(png(report.picture)), width=Mm(MAP_MM))
    document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
    shown: Any = document.inline_shapes[-1]
    shown._inline.docPr.set("descr", report.picture.description)


# ---- tables -------------------------------------------------------------------------------------------------


def _table(document: WordDocument, table: Table) -> None:
    made = document.add_table(rows=0, cols=len(table.columns))
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _borders(made)
    total = sum(column.weight for column in table.columns)
    widths = [Mm(WIDTH_MM * column.weight / total) for column in table.columns]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    heads = tuple(column.head for column in table.columns)
    last = len(table.rows) - table.totals

    def keeps(place: int) -> bool:
        return place == 0 or place < len(table.rows) <= SHORT_TABLE

    for place, values in enumerate((heads, *table.rows)):
        row: Any = made.add_row()
        _row_property(row, "w:cantSplit")
        if place == 0:
            _row_property(row, "w:tblHeader")
        bold = place == 0 or place > last
        for cell, value, column, width in zip(row.cells, values, table.columns, widths, strict=True):
            cell.width = width
            _fill(cell, value, number=column.number, bold=bold, shaded=place > last, keep=keeps(place))


def _fill(cell: _Cell, value: str, *, number: bool, bold: bool, shaded: bool, keep: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.keep_with_next = keep
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if number else WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(value)
    run.font.size, run.bold = Pt(TABLE_PT), bold
    if shaded:
        shade = OxmlElement("w:shd")
        for key, setting in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
            shade.set(qn(f"w:{key}"), setting)
        cell._tc.get_or_add_tcPr().append(shade)


def _row_property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _borders(table: Any) -> None:
    """Rules above, below and between the rows, none between the columns; little room beside the figures."""
    borders = OxmlElement("w:tblBorders")
    for side, size, color in (("top", "8", "1F2933"), ("bottom", "8", "1F2933"), ("insideH", "4", "C5CED8")):
        border = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", color)):
            border.set(qn(f"w:{key}"), value)
        borders.append(border)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), CELL_MARGIN)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.extend([borders, margins])
