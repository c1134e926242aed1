"""LID's panorama, step by step: the preset "lid" of the engine, with the original's own noise."""

from __future__ import annotations

import math

import pytest
import torch

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.sampling.render import SECOND_DRAW, Renderer
from ssldiff_gui.sampling.store import WindowStore
from tests.parity.reference_panorama import Reference, Wrong


class Recorded:
    """The random numbers that the original drew, in the engine's order."""

    def __init__(self, system):
        self.streams = {0: system["pano_noise_latent"], SECOND_DRAW: system["pano_noise_init"]}
        self.streams |= dict(enumerate(system["pano_noise_steps"][:, None], 1))

    def draw(self, stream, y, x, height, width):
        """Cut a rectangle out of a recorded stream."""
        return self.streams[stream][0, :, y : y + height, x : x + width].numpy()


def engine(system):
    """Return the engine as the original was called."""
    made, spec = system.params["panorama"], system.generator.spec
    assert (made["window"], made["patch_size"]) == (spec.window, spec.cell)
    rows, columns = made["grid"]
    grid = EmbeddingGrid(
        system["pano_grid"].view(rows, columns, -1).numpy(),
        encoder=spec.encoder,
        cell=spec.cell * spec.factor,
    )
    share = made["sliding_step"] / made["window"]
    decoding = system.params["vis"]["sliding_step"] / system.params["vis"]["window"]
    guidance = 1 + made["guidance"]
    preset = preset_named("lid", steps=made["steps"], guidance=guidance)
    preset = preset.model_copy(update={"stride": share, "decode_stride": decoding})
    plan = Plan.of(system.generator, preset, rows, columns)
    assert [plan.height, plan.width] == made["latent"]
    field = GridField(grid, spec)
    store = WindowStore(None)
    return Renderer(
        [system.generator],
        plan,
        field,
        Recorded(system),
        store,
        batch=16,
        guidance=guidance,
    )


class Overheard:
    """The network, and the training steps that it was told."""

    def __init__(self, network):
        self.network = network
        self.told = []

    def __call__(self, x, step, condition):
        """Pass everything on."""
        self.told += step.tolist()
        return self.network(x, step, condition)


@pytest.fixture(scope="module")
def rendered(lid):
    """The engine after all steps, and the latents after each, as the original writes them."""
    generator = lid.generator
    network, generator.network = generator.network, Overheard(generator.network)
    renderer, seen, pixels = follow(engine(lid))
    overheard, generator.network = generator.network, network
    return renderer, seen, pixels, overheard.told


def follow(renderer):
    """Take the engine through all steps."""
    plan = renderer.plan
    canvas = Box(0, 0, plan.width, plan.height)
    pixels = Box(0, 0, *(side * plan.spec.factor for side in (plan.width, plan.height)))
    seen = []
    for index, places in enumerate(plan.needs([pixels])[:-1]):
        renderer._run_phase(index, places)
        latents = torch.from_numpy(renderer._blended(index, canvas)[0])
        seen.append(latents / math.hypot(1, plan.phases[index].steps[-1].then))
    return renderer, torch.stack(seen), pixels


def test_the_preset_is_the_published_one(lid):
    preset, made = preset_named("lid"), lid.params["panorama"]
    assert preset.guidance == 1 + made["guidance"]
    assert preset.stride == made["sliding_step"] / made["window"]
    assert preset.decode_stride == lid.params["vis"]["sliding_step"] / lid.params["vis"]["window"]


def test_engine_takes_the_published_steps(lid, rendered):
    _, seen, *_ = rendered
    lid.agrees("pano_x_traj", seen)
    lid.agrees("pano_final", seen[-1:])


def test_engine_decodes_as_published(lid, rendered):
    renderer, _, pixels, _ = rendered
    found = torch.from_numpy(renderer.floats(pixels))[None]
    lid.agrees("vis_float", found)
    _, picture = next(renderer.render([[pixels]]))
    lid.agrees("vis_uint8_as_float", torch.from_numpy(picture).float()[None])


def test_network_is_told_one_step_more_than_the_noise_says(lid, rendered):
    # The small networks of the fixtures hardly feel one step, so it is listened for.
    renderer, _, _, told = rendered
    made, table = lid.params["panorama"], lid.generator.table
    steps = [made["T"] - number * made["stride"] for number in range(made["steps"])]
    assert sorted(set(told), reverse=True) == steps
    levels = [layer.steps[0].now for layer in renderer.plan.phases]
    assert levels == [pytest.approx(table[step - 1]) for step in steps]


def test_engine_asks_the_network_once_for_each_window_and_guidance(lid, rendered):
    told = rendered[3]
    windows, batch = len(Reference(lid).corners()), 16
    batches = -(-windows // batch)
    assert len(told) == 2 * lid.params["panorama"]["steps"] * batches * batch


def test_plain_panorama(lid):
    reference = Reference(lid)
    seen = reference.run()
    lid.agrees("pano_x_traj", seen)
    lid.agrees("vis_float", reference.decoded(lid["pano_final"]))
    levels = ((reference.decoded(lid["pano_final"]) + 1) / 2).clamp(0, 1) * 255
    lid.agrees("vis_uint8_as_float", levels.floor().permute(0, 2, 3, 1))


TRAPS = {
    "its 3 taken for the usual form": (Wrong(scale=3.0), 1),
    "grid read by columns": (Wrong(by_column=True), 1),
    "all of DDIM's noise": (Wrong(fresh=20.0), 1),
    "no fresh noise": (Wrong(fresh=0.0), 1),
    "noise after the last step": (Wrong(last_noise=True), None),
    "diffusers' linear": (Wrong(kind="linear"), 1),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_trap(lid, trap):
    wrong, steps = TRAPS[trap]
    seen = Reference(lid, wrong).run(steps)
    lid.disagrees("pano_x_traj", seen, slice(0, steps))
