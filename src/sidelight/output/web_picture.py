"""A web of actors, tools and techniques as a picture: SVG, or a page that answers a pointer.

Both stand alone: no script, font or style is fetched from anywhere.
"""

from html import escape
from typing import Final

from sidelight.intel.knowledge import Knowledge
from sidelight.intel.web import Strand, Web
from sidelight.output.plain import clip, plain

_ROW: Final = 22
_TOP: Final = 64
_WIDTH: Final = 1200
_COLUMNS: Final = (20, 485, 900)
"""Where tools, actors and techniques begin, in pixels."""

_BOX: Final = (230, 230, 280)
_COLOURS: Final = (
    "#2563a8",
    "#c2571a",
    "#2f7d4f",
    "#8b3a8f",
    "#a8892c",
    "#b03a4a",
    "#23808c",
    "#6a5acd",
    "#7a5230",
    "#4d6a1f",
)
_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #1c2430; }
.head { font-weight: 600; font-size: 13px; }
.note { fill: #5a6572; font-size: 11px; }
rect { fill: #f4f6f8; stroke: #c3cbd4; }
.shared rect { fill: #fff3d6; stroke: #b7791f; stroke-width: 1.5; }
path { fill: none; stroke-width: 1.6; opacity: .55; }
.weak { stroke-dasharray: 4 3; }
svg.busy path, svg.busy g { opacity: .08; }
svg.busy path.lit { opacity: 1; stroke-width: 2.4; }
svg.busy g.lit { opacity: 1; }
"""
_SCRIPT: Final = """
const svg = document.querySelector('svg');
for (const node of svg.querySelectorAll('g[data-id]')) {
  node.addEventListener('pointerenter', () => {
    svg.classList.add('busy');
    node.classList.add('lit');
    for (const strand of svg.querySelectorAll('path')) {
      if (strand.dataset.a !== node.dataset.id && strand.dataset.b !== node.dataset.id) continue;
      strand.classList.add('lit');
      for (const other of svg.querySelectorAll('g[data-id]')) {
        if (other.dataset.id === strand.dataset.a || other.dataset.id === strand.dataset.b) {
          other.classList.add('lit');
        }
      }
    }
  });
  node.addEventListener('pointerleave', () => {
    svg.classList.remove('busy');
    for (const each of svg.querySelectorAll('.lit')) each.classList.remove('lit');
  });
}
"""


def picture_svg(web: Web, knowledge: Knowledge) -> str:
    """Draw *web*: a tool that several of the actors share stands out and says how many do."""
    return _Drawing(web, knowledge).svg()


def picture_html(web: Web, knowledge: Knowledge) -> str:
    """Draw *web* in a page: pointing at a thing shows what it hangs on."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>Actors, tools and techniques</title>"
        "<style>body { margin: 16px; background: #fff; }</style></head>\n<body>\n"
        f"{picture_svg(web, knowledge)}\n<script>{_SCRIPT}</script>\n</body></html>\n"
    )


class _Drawing:
    """Places things in three columns; each column is spread over the height of the longest."""

    def __init__(self, web: Web, knowledge: Knowledge) -> None:
        self._web = web
        self._knowledge = knowledge
        columns = (web.tools, web.actors, web.techniques)
        rows = max(1, *(len(column) for column in columns))
        self._height = _TOP + rows * _ROW + 30
        self._at: dict[str, tuple[int, float]] = {}
        for number, column in enumerate(columns):
            step = rows * _ROW / max(len(column), 1)
            for place, each in enumerate(column):
                self._at[each] = number, _TOP + (place + 0.5) * step
        self._users: dict[str, set[str]] = {}
        for strand in web.strands:
            self._users.setdefault(strand.other, set()).add(strand.actor)
        self._colour = {
            actor: _COLOURS[number % len(_COLOURS)] for number, actor in enumerate(web.actors)
        }

    def svg(self) -> str:
        """Give the picture."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{self._height}" '
            f'viewBox="0 0 {_WIDTH} {self._height}" role="img" '
            'aria-label="Actors, tools and techniques">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{self._height}" style="fill:#fff;stroke:none"/>',
            *self._heads(),
            *(self._strand(each) for each in self._web.strands),
            *(self._node(each) for each in self._at),
            "</svg>",
        ]
        return "\n".join(parts)

    def _heads(self) -> list[str]:
        web = self._web
        titles = (
            "Tools (yellow: shared by several of these)",
            "Actors",
            "Techniques they share" if len(web.actors) > 1 else "Techniques",
        )
        heads = [
            f'<text class="head" x="{x}" y="24">{title}</text>'
            for x, title in zip(_COLUMNS, titles, strict=True)
        ]
        note = "Lines are what sources say; dashed: associated with, or said with doubt."
        if web.left_out:
            note += f" {web.left_out:,} tools and techniques are left out."
        if web.marking:
            heads.append(
                f'<text class="head" x="{_WIDTH - 20}" y="24" text-anchor="end">'
                f"{escape(web.marking)}</text>"
            )
        return [*heads, f'<text class="note" x="20" y="44">{escape(note)}</text>']

    def _strand(self, strand: Strand) -> str:
        ends = sorted((self._at[strand.actor], self._at[strand.other]))
        (column, y), (next_column, below) = ends
        start, end = _COLUMNS[column] + _BOX[column], _COLUMNS[next_column]
        bend = (end - start) / 2
        weak = "" if strand.firm else ' class="weak"'
        names = self._knowledge.name_of
        said = f"{names(strand.actor)}, {names(strand.other)}: {', '.join(strand.publishers)}"
        return (
            f'<path{weak} data-a="{escape(strand.actor)}" data-b="{escape(strand.other)}" '
            f'stroke="{self._colour[strand.actor]}" d="M{start} {y:.1f} '
            f'C{start + bend:.0f} {y:.1f} {end - bend:.0f} {below:.1f} {end} {below:.1f}">'
            f"<title>{escape(plain(said))}</title></path>"
        )

    def _node(self, identity: str) -> str:
        column, y = self._at[identity]
        users = len(self._users.get(identity, ()))
        entity = self._knowledge.entities.get(identity)
        name = self._knowledge.name_of(identity)
        number = entity.numbers[0] if entity and entity.numbers else ""
        text = clip(
            name if number in name else f"{name} {number}",
            (_BOX[column] - (90 if users > 1 else 8)) // 7,
        )
        shared = ' class="shared"' if column == 0 and users > 1 else ""
        stroke = f' style="stroke:{self._colour[identity]};stroke-width:2"' if column == 1 else ""
        x = _COLUMNS[column]
        count = (
            f'<text class="note" x="{x + _BOX[column] - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{users} of these</text>"
            if users > 1
            else ""
        )
        holders = len(self._knowledge.holders.get(identity, ()))
        said = f"{name}: {holders} actors in all" if holders > 1 else name
        return (
            f'<g data-id="{escape(identity)}"{shared}>'
            f'<rect x="{x}" y="{y - 9:.1f}" width="{_BOX[column]}" height="18" rx="3"{stroke}/>'
            f'<text x="{x + 6}" y="{y + 4:.1f}">{escape(text)}</text>{count}'
            f"<title>{escape(plain(said))}</title></g>"
        )
