"""Every act upon annotations, and that each can be undone."""

from __future__ import annotations

import hashlib
import random
from uuid import uuid4

import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.palettes import HISTOLOGY
from ssldiff_gui.core.patches import PatchedState
from ssldiff_gui.state.editor import AnnotationEditor, Change
from ssldiff_gui.state.history import History


def a_box(x: float = 0, **fields: object) -> Annotation:
    return Annotation(geometry=shapely.box(x, 0, x + 10, 10), **fields)


@pytest.fixture
def editor() -> AnnotationEditor:
    return AnnotationEditor(classes=HISTOLOGY)


def fingerprint(editor: AnnotationEditor) -> str:
    """Hash all that an editor holds, order included."""
    digest = hashlib.sha256(repr((editor.classes, editor.scale)).encode())
    for a in editor.annotations:
        fields = (a.id.int, a.name, a.class_name, a.colour, a.locked, a.geometry.wkb)
        digest.update(repr(fields).encode())
    return digest.hexdigest()


def test_drawing_selects_and_undoing_takes_it_away(editor: AnnotationEditor) -> None:
    changes: list[Change] = []
    selections: list[frozenset[object]] = []
    editor.changed.connect(changes.append)
    editor.selection_changed.connect(selections.append)
    drawn = a_box()
    editor.add(drawn)
    assert editor.annotations == (drawn,)
    assert editor.selection == {drawn.id}
    assert editor.history.undo_text == "Draw region"
    editor.history.undo()
    assert editor.annotations == ()
    assert editor.selection == frozenset()
    assert changes == [Change(added=(drawn.id,)), Change(removed=(drawn.id,))]
    assert selections == [{drawn.id}, frozenset()]


def test_undoing_a_deletion_puts_it_back_in_its_place(editor: AnnotationEditor) -> None:
    drawn = [a_box(x, name=str(x)) for x in range(5)]
    editor.add(*drawn)
    editor.remove([drawn[1].id, drawn[3].id])
    editor.history.undo()
    assert editor.annotations == tuple(drawn)


def test_a_drag_is_one_step(editor: AnnotationEditor) -> None:
    drawn = a_box()
    editor.add(drawn)
    for _ in range(10):
        editor.move([drawn.id], 1.5, 0)
    assert editor.annotations[0].bounds == (15, 0, 25, 10)
    assert editor.history.undo_text == "Move Annotation"
    editor.history.undo()
    assert editor.annotations == (drawn,)


def test_typing_a_name_is_one_step(editor: AnnotationEditor) -> None:
    drawn = a_box()
    editor.add(drawn)
    for name in ("T", "Tu", "Tumour"):
        editor.rename(drawn.id, name)
    assert editor.history.undo_text == "Rename to “Tumour”"
    editor.history.undo()
    assert editor.annotations[0].name == ""


def test_a_cells_nucleus_moves_with_it(editor: AnnotationEditor) -> None:
    cell = a_box(nucleus=shapely.Point(5, 5).buffer(2))
    editor.add(cell)
    editor.move([cell.id], 100, 0)
    nucleus = editor.annotations[0].nucleus
    assert nucleus is not None
    assert nucleus.centroid.x == pytest.approx(105)


def test_reshaping_an_ellipse_into_something_else_drops_the_flag(
    editor: AnnotationEditor,
) -> None:
    circle = shapely.Point(50, 50).buffer(20, quad_segs=32)
    drawn = Annotation(geometry=circle, ellipse=True)
    editor.add(drawn)
    editor.reshape(drawn.id, shapely.transform(circle, lambda points: points * (2, 1)))
    assert editor.annotations[0].ellipse
    editor.reshape(drawn.id, shapely.box(0, 0, 5, 5))
    assert not editor.annotations[0].ellipse


@pytest.mark.parametrize("act", ["move", "remove", "reshape", "replace"])
def test_what_is_locked_keeps_its_shape(editor: AnnotationEditor, act: str) -> None:
    drawn = a_box(name="Biopsy", locked=True)
    editor.add(drawn)
    acts = {
        "move": lambda: editor.move([drawn.id], 1, 1),
        "remove": lambda: editor.remove([drawn.id]),
        "reshape": lambda: editor.reshape(drawn.id, shapely.box(0, 0, 1, 1)),
        "replace": lambda: editor.replace(drawn.moved(1, 1)),
    }
    with pytest.raises(UserError, match="Biopsy is locked"):
        acts[act]()
    assert editor.annotations == (drawn,)
    editor.rename(drawn.id, "Still called something")
    editor.lock([drawn.id], locked=False)
    acts[act]()
    assert editor.annotations != (drawn,)


def test_classifying_makes_the_class_and_undo_takes_both_back(editor: AnnotationEditor) -> None:
    drawn = a_box()
    editor.add(drawn)
    before = editor.classes
    editor.classify([drawn.id], "Mitosis")
    assert editor.classes[-1].name == "Mitosis"
    assert editor.colour_of(editor.annotations[0]) == editor.classes[-1].colour
    editor.history.undo()
    assert editor.classes == before
    assert editor.annotations == (drawn,)


def test_colours_come_from_the_annotation_the_class_or_the_default(
    editor: AnnotationEditor,
) -> None:
    drawn = a_box(class_name="Tumour")
    editor.add(drawn)
    assert editor.colour_of(drawn) == HISTOLOGY[0].colour
    editor.recolour_class("Tumour", (1, 2, 3))
    assert editor.colour_of(drawn) == (1, 2, 3)
    editor.recolour([drawn.id], (9, 9, 9))
    assert editor.colour_of(editor.annotations[0]) == (9, 9, 9)
    editor.recolour([drawn.id], None)
    assert editor.colour_of(editor.annotations[0]) == (1, 2, 3)


def test_classes_are_added_renamed_and_deleted_with_their_members(
    editor: AnnotationEditor,
) -> None:
    editor.add_class("Gland")
    drawn = a_box(class_name="Gland")
    editor.add(drawn)
    editor.rename_class("Gland", "Crypt")
    assert editor.annotations[0].class_name == "Crypt"
    editor.remove_class("Crypt")
    assert editor.annotations[0].class_name is None
    assert all(c.name != "Crypt" for c in editor.classes)
    editor.history.undo()
    editor.history.undo()
    assert editor.annotations == (drawn,)
    with pytest.raises(UserError, match="Gland"):
        editor.add_class("Gland")
    with pytest.raises(UserError, match="Tumour"):
        editor.rename_class("Gland", "Tumour")
    with pytest.raises(UserError, match="needs a name"):
        editor.add_class("  ")


def test_another_list_of_classes_keeps_those_in_use(editor: AnnotationEditor) -> None:
    editor.add(a_box(class_name="Stroma"))
    editor.set_classes([AnnotationClass(name="Water", colour=(0, 0, 9))])
    assert [c.name for c in editor.classes] == ["Water", "Stroma"]


def test_importing_twice_adds_nothing_and_a_clash_gets_another_id(
    editor: AnnotationEditor,
) -> None:
    content = AnnotationSet(
        (a_box(class_name="Gland"), a_box(20)), (AnnotationClass(name="Gland", colour=(5, 5, 5)),)
    )
    assert editor.load(content) == 2
    assert editor.classes[-1] == content.classes[0]
    steps = len(editor.history)
    assert editor.load(content) == 0
    assert len(editor.history) == steps
    clash = AnnotationSet((content.annotations[0].with_(name="other"),))
    assert editor.load(clash) == 1
    assert len({a.id for a in editor.annotations}) == 3
    editor.history.undo()
    editor.history.undo()
    assert editor.annotations == ()


def test_acts_without_effect_are_no_steps(editor: AnnotationEditor) -> None:
    drawn = a_box()
    editor.add(drawn)
    editor.rename(drawn.id, "")
    editor.rename(uuid4(), "nobody")
    editor.remove([uuid4()])
    editor.classify([drawn.id], None)
    editor.set_scale(None)
    editor.move([drawn.id], 0, 0)
    assert len(editor.history) == 1


def test_the_scale_given_by_hand_can_be_undone(editor: AnnotationEditor) -> None:
    changes: list[Change] = []
    editor.changed.connect(changes.append)
    editor.set_scale(Scale(0.5, 0.5, "µm"))
    editor.history.undo()
    assert editor.scale is None
    assert changes == [Change(scale=True), Change(scale=True)]


NAMES = st.sampled_from(["Tumour", "Gland", "Crypt", "Lake", "Road"])


class Acts(RuleBasedStateMachine):
    """Any acts in any order, undone and redone at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.editor = AnnotationEditor(History(clock=lambda: 0.0), HISTOLOGY[:2])
        self.mirror = PatchedState(HISTOLOGY[:2])
        self.editor.patched.connect(self.mirror.apply)
        self.picker = random.Random(0)

    def some(self) -> list[object]:
        ids = [a.id for a in self.editor.annotations if not a.locked]
        return self.picker.sample(ids, min(len(ids), self.picker.randint(1, 3)))

    @rule(x=st.integers(0, 99), name=st.none() | NAMES)
    def draw(self, x: int, name: str | None) -> None:
        self.editor.add(a_box(x, class_name=name))

    @rule()
    def remove(self) -> None:
        self.editor.remove(self.some())

    @rule(dx=st.integers(-3, 3))
    def move(self, dx: int) -> None:
        self.editor.move(self.some(), dx, 1)

    @rule(width=st.integers(1, 9))
    def reshape(self, width: int) -> None:
        for identity in self.some()[:1]:
            self.editor.reshape(identity, shapely.box(0, 0, width, 5))

    @rule(name=NAMES)
    def rename(self, name: str) -> None:
        for identity in self.some()[:1]:
            self.editor.rename(identity, name)

    @rule(name=st.none() | NAMES)
    def classify(self, name: str | None) -> None:
        self.editor.classify(self.some(), name)

    @rule(part=st.integers(0, 255))
    def recolour(self, part: int) -> None:
        self.editor.recolour(self.some(), (part, 0, 0))

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        ids = [a.id for a in self.editor.annotations]
        self.editor.lock(ids[:2], locked=locked)

    @rule(old=NAMES, new=NAMES)
    def change_class(self, old: str, new: str) -> None:
        if all(c.name != new for c in self.editor.classes):
            self.editor.rename_class(old, new)
        else:
            self.editor.recolour_class(new, (len(old), 7, 7))

    @rule(name=NAMES)
    def remove_class(self, name: str) -> None:
        self.editor.remove_class(name)

    @rule(size=st.none() | st.integers(1, 4))
    def set_scale(self, size: int | None) -> None:
        self.editor.set_scale(None if size is None else Scale(size, size, "µm"))

    @rule(x=st.integers(0, 9))
    def load(self, x: int) -> None:
        self.editor.load(AnnotationSet((a_box(x, class_name="Imported"), a_box(x + 1))))

    @rule(steps=st.integers(1, 4))
    def undo(self, steps: int) -> None:
        for _ in range(steps):
            self.editor.history.undo()

    @rule(steps=st.integers(1, 4))
    def redo(self, steps: int) -> None:
        for _ in range(steps):
            self.editor.history.redo()

    @invariant()
    def all_the_way_back_and_forth_changes_nothing(self) -> None:
        history = self.editor.history
        before = fingerprint(self.editor)
        undone = 0
        while history.can_undo and undone < 6:
            history.undo()
            undone += 1
        for _ in range(undone):
            history.redo()
        assert fingerprint(self.editor) == before

    @invariant()
    def every_class_in_use_is_listed(self) -> None:
        names = {c.name for c in self.editor.classes}
        assert {a.class_name for a in self.editor.annotations} - {None} <= names

    @invariant()
    def the_patches_tell_it_all(self) -> None:
        assert self.mirror.annotations == self.editor.annotations
        assert self.mirror.classes == self.editor.classes
        assert self.mirror.scale == self.editor.scale

    def teardown(self) -> None:
        history = self.editor.history
        while history.can_undo:
            history.undo()
        assert self.editor.annotations == ()
        assert self.editor.classes == HISTOLOGY[:2]
        assert self.editor.scale is None


Acts.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestActs = Acts.TestCase


def test_a_thousand_acts_undone_and_redone_return_to_the_same_hash() -> None:
    machine = Acts()
    chance = random.Random(7)
    acts = [
        lambda: machine.draw(chance.randrange(99), chance.choice([None, "Tumour", "Gland"])),
        machine.remove,
        lambda: machine.move(chance.randint(-3, 3)),
        lambda: machine.reshape(chance.randint(1, 9)),
        lambda: machine.rename(chance.choice("abc")),
        lambda: machine.classify(chance.choice([None, "Lake", "Road"])),
        lambda: machine.recolour(chance.randrange(256)),
        lambda: machine.lock(chance.random() < 0.5),
        lambda: machine.change_class(chance.choice(["Lake", "Road"]), chance.choice("xyz")),
        lambda: machine.remove_class(chance.choice(["Lake", "Road", "x"])),
        lambda: machine.set_scale(chance.randint(1, 4)),
        lambda: machine.load(chance.randrange(9)),
    ]
    history = machine.editor.history
    hashes = [fingerprint(machine.editor)]
    for _ in range(1000):
        history.seal()
        chance.choices(acts, weights=[6, *[1] * 11])[0]()
        if len(history) == len(hashes):
            hashes.append(fingerprint(machine.editor))
    assert len(hashes) > 500
    for known in reversed(hashes[:-1]):
        history.undo()
        assert fingerprint(machine.editor) == known
    for known in hashes[1:]:
        history.redo()
        assert fingerprint(machine.editor) == known
