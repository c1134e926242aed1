"""One picture in the making: which of its tiles are there, and what stands in for the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.ladder import Rung, tile_box
from ssldiff_gui.slides.scene import RGB
from ssldiff_gui.viewer.mosaic import Patch, paste, paste_enlarged, tiles_over

Place = tuple[int, int, int]
"""(level, column, row) of a tile."""

Lookup = Callable[[Place], RGB | None]


def enlargement(fine: Rung, coarse: Rung) -> tuple[float, float]:
    """Return how many pixels of a finer rung make one of a coarser, along x and y."""
    if fine.level == coarse.level:
        return coarse.factor / fine.factor, coarse.factor / fine.factor
    return fine.width / coarse.width, fine.height / coarse.height


class Frame:
    """A part of a level as well as it can be shown now.

    Parameters
    ----------
    rungs
        Of the pyramid, finest first.
    side
        Width and height of its tiles.
    level
        Index of the rung on show.
    box
        The part, in that rung's pixels.
    picture
        What to draw into, of the box's size; its content does not matter.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        side: tuple[int, int],
        *,
        level: int,
        box: Box,
        picture: RGB,
    ) -> None:
        self.level = level
        self.box = box
        self.picture = picture
        self._rungs = rungs
        self._side = side
        # For each tile that is not there, the level of its stand-in.
        self._stand_ins = {(level, *place): len(rungs) for place in tiles_over(box, side)}

    @property
    def missing(self) -> list[Place]:
        """Tiles still to come, those nearest to the middle first."""
        middle = (self.box.x + self.box.x2) / 2, (self.box.y + self.box.y2) / 2

        def distance(place: Place) -> float:
            x, y = (place[1] + 0.5) * self._side[0], (place[2] + 0.5) * self._side[1]
            return (x - middle[0]) ** 2 + (y - middle[1]) ** 2

        return sorted(self._stand_ins, key=distance)

    def lacks(self, place: Place) -> bool:
        """Whether a tile is still to come."""
        return place in self._stand_ins

    def outdate(self, changed: Callable[[Place], bool]) -> None:
        """Wait anew for tiles that changed; what is drawn of them stays until they come."""
        for at in tiles_over(self.box, self._side):
            place = (self.level, *at)
            if changed(place):
                self._stand_ins.setdefault(place, self.level)

    def coarse_wishes(self, level: int) -> list[Place]:
        """Return tiles of a coarser level that would be better stand-ins than those on show."""
        poor = [place for place, stand_in in self._stand_ins.items() if stand_in > level]
        return list(dict.fromkeys((level, *self._ancestor(place, level)) for place in poor))

    def take(self, lookup: Lookup) -> None:
        """Paste the tiles that came since the last time.

        Parameters
        ----------
        lookup
            Returns a tile that is in memory and up to date, or None.
        """
        for place in list(self._stand_ins):
            tile = lookup(place)
            if tile is not None:
                paste(Patch(self.picture, self.box), Patch(tile, self._box_of(place)))
                del self._stand_ins[place]

    def stand_in(self, lookup: Lookup, base: RGB) -> None:
        """Draw better stand-ins for what is missing, where there are any.

        Parameters
        ----------
        lookup
            Returns a tile that is in memory, be it out of date, or None.
        base
            The coarsest rung, whole.
        """
        for place in self._stand_ins:
            self._stand_in(place, lookup, base)

    def base_changed(self) -> None:
        """Draw what the coarsest rung stands in for anew at the next `fill`."""
        last = len(self._rungs) - 1
        for place, level in self._stand_ins.items():
            if level == last:
                self._stand_ins[place] = last + 1

    def _stand_in(self, place: Place, lookup: Lookup, base: RGB) -> None:
        last = len(self._rungs) - 1
        for level in range(self.level, min(self._stand_ins[place], last)):
            coarse = (level, *self._ancestor(place, level))
            tile = lookup(coarse)
            if tile is not None:
                self._enlarge(place, level, Patch(tile, self._box_of(coarse)))
                return
        if self._stand_ins[place] > last:
            self._enlarge(place, last, Patch(base, self._rungs[last].box))

    def _enlarge(self, place: Place, level: int, coarse: Patch) -> None:
        scale = enlargement(self._rungs[self.level], self._rungs[level])
        paste_enlarged(Patch(self.picture, self.box), self._box_of(place), coarse, scale)
        self._stand_ins[place] = level

    def _ancestor(self, place: Place, level: int) -> tuple[int, int]:
        """Return (column, row) of the tile of a coarser level that holds a tile's middle."""
        scale = enlargement(self._rungs[place[0]], self._rungs[level])
        box, rung = self._box_of(place), self._rungs[level]
        x = min(int((box.x + box.width / 2) / scale[0]), rung.width - 1)
        y = min(int((box.y + box.height / 2) / scale[1]), rung.height - 1)
        return x // self._side[0], y // self._side[1]

    def _box_of(self, place: Place) -> Box:
        return tile_box(self._rungs[place[0]], self._side, place[1], place[2])
