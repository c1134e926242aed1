"""Ways to render: ours, and the published ones as its special cases."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Denoiser
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.sampling.windows import Blend

Share = float


class Preset(Frozen):
    """Every parameter of a way to render a large canvas.

    Parameters
    ----------
    name, title
        For the command line, and for people.
    solver
        "dpmpp-2m", "ddim", "ddim-clamped": with what is seen kept from -1 to 1, for networks of
        pixels; or "lone-step": LID's, with its little fresh noise.
    spacing
        Which training steps are visited: "linspace" as DPM-Solver does; "even" from the last one
        down by equal strides, as the published panoramas do; "even-to-1" by strides as equal as
        can be, down to the training's second step, as latent diffusion does.
    ends_clean
        Whether the last step ends without noise; PixCell's and self-guided diffusion's end on the
        first training step.
    steps
        Network evaluations of a window, guidance aside.
    phases
        How often windows are blended on the canvas: each phase takes ``steps / phases`` steps
        in private windows.
    stride
        Of the windows, as a share of their size.
    shifts
        Of the grid of windows, one (down, across) for each phase and over again, as a share of
        the stride.
    blend
        Weights of the blend.
    guidance
        In the form ``null + guidance · (conditional - null)``; None takes the model's.
    guided
        Between which shares of the steps guidance is on.
    told
        Added to the training step that the network is told.
    start_twice
        Whether the first noise is drawn in two parts, as LID's is.
    decode_stride, decode_blend
        Of the windows that are decoded.
    whole
        Whether each phase is finished everywhere before the next: the published way, whose
        memory grows with the area.
    """

    name: str
    title: str = ""
    solver: Literal["dpmpp-2m", "ddim", "ddim-clamped", "lone-step"] = "dpmpp-2m"
    spacing: Literal["linspace", "even", "even-to-1"] = "linspace"
    ends_clean: bool = True
    steps: int = Field(default=20, gt=0)
    phases: int = Field(default=4, gt=0)
    stride: Share = Field(default=0.75, gt=0, le=1)
    shifts: tuple[tuple[Share, Share], ...] = ((0, 0), (0.5, 0.5), (0.25, 0.75), (0.75, 0.25))
    blend: Blend = "hann"
    guidance: float | None = None
    guided: tuple[Share, Share] = (0.0, 1.0)
    told: int = 0
    start_twice: bool = False
    decode_stride: Share = Field(default=0.75, gt=0, le=1)
    decode_blend: Blend = "hann"
    whole: bool = False


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="default",
            title="Shifted windows, blended four times, 20 steps",
            guided=(0.25, 0.65),
        ),
        Preset(
            name="fine",
            title="The same with 40 steps, guided throughout",
            steps=40,
        ),
        Preset(
            name="draft",
            title="Ten steps, two blends: a first look",
            steps=10,
            phases=2,
            guided=(0.25, 0.65),
        ),
        Preset(
            name="lid",
            title="As published for LID: stride 1/4, 50 steps, blended at every step",
            solver="lone-step",
            spacing="even",
            steps=50,
            phases=50,
            stride=0.25,
            shifts=((0, 0),),
            blend="uniform",
            guidance=4.0,
            told=1,
            start_twice=True,
            decode_stride=0.25,
            decode_blend="gaussian",
            whole=True,
        ),
        Preset(
            name="pixcell-4k",
            title="As published for PixCell-4K: stride 1/2, 20 steps, blended at every step",
            solver="ddim",
            spacing="even",
            ends_clean=False,
            steps=20,
            phases=20,
            stride=0.5,
            shifts=((0, 0),),
            blend="uniform",
            guidance=3.0,
            decode_stride=0.5,
            decode_blend="gaussian",
            whole=True,
        ),
        Preset(
            name="selfguided",
            title="As published for self-guided diffusion, 50 steps; blended ten times",
            solver="ddim-clamped",
            spacing="even-to-1",
            ends_clean=False,
            steps=50,
            phases=10,
            stride=0.5,
        ),
    )
}


def preset_named(name: str, *, steps: int | None = None, guidance: float | None = None) -> Preset:
    """Return a preset, with other steps or another guidance when they are given.

    A preset that blends at every step goes on doing so; the others keep as many phases as go
    evenly into the steps.
    """
    if name not in PRESETS:
        raise BadRequest(f"There is no preset “{name}”.", f"There are: {', '.join(PRESETS)}.")
    preset = PRESETS[name]
    changes: dict[str, object] = {}
    if steps is not None and steps != preset.steps:
        every = preset.phases == preset.steps
        phases = steps if every else max(k for k in range(1, preset.phases + 1) if not steps % k)
        changes |= {"steps": steps, "phases": phases}
    if guidance is not None:
        changes["guidance"] = guidance
    return preset.model_copy(update=changes)


class Step(Frozen):
    """One evaluation of the network and the step that follows.

    Parameters
    ----------
    number
        From 1 on.
    before, now, then
        Noise levels; `before` is None at the first step.
    guided
        Whether the network is asked without its condition too.
    fresh
        Standard deviation of the noise that the step puts in anew.
    """

    number: int
    before: float | None
    now: float
    then: float
    guided: bool
    fresh: float = 0.0


def steps_of(preset: Preset, generator: Denoiser) -> list[Step]:
    """Return what a preset does to each window, from noise to the end."""
    levels, fresh = _levels(preset, generator)
    low, high = preset.guided
    count = preset.steps
    return [
        Step(
            number=k + 1,
            before=levels[k - 1] if k else None,
            now=levels[k],
            then=levels[k + 1],
            guided=low * count <= k < high * count,
            fresh=fresh[k],
        )
        for k in range(count)
    ]


def _levels(preset: Preset, generator: Denoiser) -> tuple[list[float], list[float]]:
    """Return the noise levels, one more than there are steps, and the fresh noise of each step."""
    if preset.spacing == "linspace":
        return generator.sigmas(preset.steps), [0.0] * preset.steps
    table = generator.table
    stride = len(table) // preset.steps
    if stride == 0:
        raise BadRequest(
            f"{preset.steps} steps are more than the {len(table)} the model was trained with.",
            "Ask for fewer steps.",
        )
    last = len(table) - 1
    if preset.spacing == "even-to-1":
        shares = (k * len(table) // preset.steps for k in reversed(range(preset.steps)))
        visited = [min(share + 1, last) for share in shares]
    else:
        visited = [last - stride * k for k in range(preset.steps)]
    after = 0.0 if preset.ends_clean else float(table[max(visited[-1] - stride, 0)])
    levels = [*(float(table[t]) for t in visited), after]
    if preset.solver != "lone-step":
        return levels, [0.0] * preset.steps
    from ssldiff_gui.sampling.solver import lone_step_spread  # torch, which a list has no use for

    kept = 1 / (1 + np.square(table))
    fresh = [
        lone_step_spread((1 / (1 + then**2), float(kept[t - 1]), float(kept[t]))) if then else 0.0
        for t, then in zip(visited, levels[1:], strict=True)
    ]
    return levels, fresh
