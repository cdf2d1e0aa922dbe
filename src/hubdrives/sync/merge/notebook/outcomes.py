"""What each side may have done to a cell, and what comes of it."""

from dataclasses import dataclass

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook.beside import OF_A_DELETED_CELL, OF_THE_CELL_ABOVE, labelled
from hubdrives.sync.merge.notebook.cells import is_edited, merge_cell
from hubdrives.sync.merge.notebook.document import Cell, make_cell
from hubdrives.sync.merge.notebook.layout import Layout
from hubdrives.sync.merge.notebook.metadata import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The cells that stand in the place of one, and where the policy had to decide."""

    cells: tuple[Cell, ...] = ()
    clashes: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """Decides over the cells of one notebook."""

    policy: Policy
    language: str
    """Of the notebook's code."""
    layout: Layout

    def outcome(self, base: Cell | None, mine: Cell | None, theirs: Cell | None) -> Outcome:
        """What becomes of a cell, of which one version at least is there."""
        if mine is not None and theirs is not None:
            return self._in_both(base, mine, theirs)
        if mine is not None:
            return self._gone_upstream(base, mine) if base else Outcome(cells=(mine,))
        if theirs is not None:
            return self._gone_here(base, theirs) if base else Outcome(cells=(self._arriving(theirs),))
        return Outcome()

    def _in_both(self, base: Cell | None, mine: Cell, theirs: Cell) -> Outcome:
        merged = merge_cell(base, mine, theirs, policy=self.policy, layout=self.layout)
        if mine.text.strip() and theirs.text.strip() and not merged.cell.text.strip():
            # Each took away what the other left: halves of a cell that both split, which stand elsewhere now.
            return Outcome()
        beside = merged.is_clash and self.policy is Policy.BOTH
        cells = (merged.cell, self._labelled(theirs, OF_THE_CELL_ABOVE)) if beside else (merged.cell,)
        return Outcome(cells=cells, clashes=merged.clashes)

    def _gone_upstream(self, base: Cell, mine: Cell) -> Outcome:
        if not is_edited(base, mine):
            return Outcome()
        stays = self.policy is not Policy.THEIRS
        return Outcome(cells=(mine,) if stays else (), clashes=(Difference(mine=mine.text),))

    def _gone_here(self, base: Cell, theirs: Cell) -> Outcome:
        if not is_edited(base, theirs):
            return Outcome()
        clashes = (Difference(theirs=theirs.text),)
        match self.policy:
            case Policy.MINE:
                return Outcome(clashes=clashes)
            case Policy.THEIRS:
                return Outcome(cells=(self._arriving(theirs),), clashes=clashes)
            case Policy.BOTH:
                return Outcome(cells=(self._labelled(theirs, OF_A_DELETED_CELL),), clashes=clashes)

    def _labelled(self, theirs: Cell, label: str) -> Cell:
        return labelled(theirs, label, language=self.language, layout=self.layout)

    def _arriving(self, theirs: Cell) -> Cell:
        """Upstream's cell, held and ordered as the user's file does it."""
        data = theirs.data | {"source": self.layout.source(theirs.text)}
        if theirs.kind == "code":
            data["outputs"] = self.layout.outputs(theirs.ran[0])
        if theirs.attachments:
            data["attachments"] = self.layout.attachments(theirs.attachments)
        return make_cell(data)
