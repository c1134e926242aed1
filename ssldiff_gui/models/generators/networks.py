"""The denoising networks that are known by name, each behind the same call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators import plugins
from ssldiff_gui.models.generators.grid_unet import GridUNet
from ssldiff_gui.models.generators.memory import lacks_memory

_MOST_LAYERS = 1000
_MISTAKES = (TypeError, ValueError, AttributeError, AssertionError, RuntimeError)

Predict = Callable[[nn.Module, torch.Tensor, torch.Tensor, Condition], torch.Tensor]
"""(module, noisy latents in the variance-preserving form, training steps (batch,), condition)."""


class Network:
    """A denoising network.

    Parameters
    ----------
    module
        The network itself.
    predict
        How it is called.
    """

    def __init__(self, module: nn.Module, predict: Predict) -> None:
        self.module = module
        self.predict = predict

    def __call__(self, x: torch.Tensor, step: torch.Tensor, condition: Condition) -> torch.Tensor:
        """Return what the network predicts.

        Parameters
        ----------
        x
            (batch, channels, height, width), noisy latents of about unit variance.
        step
            (batch,) float32, the training step, which may lie between two.
        condition
            In the network's own type.
        """
        return self.predict(self.module, x, step, condition)

    def with_module(self, module: nn.Module) -> Network:
        """Return the same around other weights."""
        return Network(module, self.predict)


def build_network(part: PartSpec) -> Network:
    """Make a network from its description; its weights are whatever is there.

    Raises
    ------
    MissingPart
        It is a plugin's, and that is not installed.
    DamagedModel
        The description does not fit its type.
    """
    make, predict = _KNOWN.get(part.type, (None, _plugin))
    make = make or plugins.find_maker(plugins.NETWORKS, part.type)
    return Network(make_module(make, part), predict)


def make_module(make: Callable[..., nn.Module], part: PartSpec) -> nn.Module:
    """Call a maker with a part's description; a description that does not fit is the model's."""
    # diffusers writes its own facts into its configurations, with a leading underscore
    config = {name: value for name, value in part.config.items() if not name.startswith("_")}
    try:
        _check_counts(config)
        module = make(**config)
    except (LookupError, ArithmeticError, *_MISTAKES) as error:
        if lacks_memory(error):
            raise
        raise DamagedModel(
            f"A {part.type} cannot be made from what model.json says: {error}.",
            "Get the model again, or update the studio when a newer version has written it.",
        ) from error
    return module.requires_grad_(requires_grad=False).eval()


def _check_counts(config: Mapping[str, Any]) -> None:
    """Refuse numbers of layers that would keep the machine making them for hours."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            _check_counts(value)
        elif "layers" in name or "blocks" in name:
            for count in value if isinstance(value, list | tuple) else [value]:
                if isinstance(count, int) and count > _MOST_LAYERS:
                    raise ValueError(f"{name} of {count} are too many")


def _unet_condition(**config: Any) -> nn.Module:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    module: nn.Module = UNet2DConditionModel(**config)
    return module


def _unet(**config: Any) -> nn.Module:
    from diffusers.models.unets.unet_2d import UNet2DModel

    module: nn.Module = UNet2DModel(**config)
    return module


def _pixart(**config: Any) -> nn.Module:
    from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel

    config.pop("caption_num_tokens", None)  # PixCell's own word; the conditioner knows
    module: nn.Module = PixArtTransformer2DModel(**{"use_additional_conditions": False, **config})
    return module


def _call_grid_unet(
    module: nn.Module, x: torch.Tensor, step: torch.Tensor, condition: Condition
) -> torch.Tensor:
    answer: torch.Tensor = module(_with_maps(x, condition), step, condition.tokens)
    return answer


def _with_maps(x: torch.Tensor, condition: Condition) -> torch.Tensor:
    return x if condition.maps is None else torch.cat([x, condition.maps], dim=1)


def _labels(condition: Condition) -> torch.Tensor | None:
    """Return vectors as they are, and class numbers as the network's own table wants them."""
    labels = condition.labels
    if labels is None or labels.is_floating_point():
        return labels
    return labels[:, 0]


def _call_unet_condition(
    module: nn.Module, x: torch.Tensor, step: torch.Tensor, condition: Condition
) -> torch.Tensor:
    answer: torch.Tensor = module(
        _with_maps(x, condition),
        step,
        encoder_hidden_states=condition.tokens,
        class_labels=_labels(condition),
        return_dict=False,
    )[0]
    return answer


def _call_unet(
    module: nn.Module, x: torch.Tensor, step: torch.Tensor, condition: Condition
) -> torch.Tensor:
    answer: torch.Tensor = module(
        _with_maps(x, condition), step, class_labels=_labels(condition), return_dict=False
    )[0]
    return answer


def _call_pixart(
    module: nn.Module, x: torch.Tensor, step: torch.Tensor, condition: Condition
) -> torch.Tensor:
    answer: torch.Tensor = module(
        _with_maps(x, condition),
        encoder_hidden_states=condition.tokens,
        timestep=step,
        added_cond_kwargs={"resolution": None, "aspect_ratio": None},
        return_dict=False,
    )[0]
    return answer


def _plugin(
    module: nn.Module, x: torch.Tensor, step: torch.Tensor, condition: Condition
) -> torch.Tensor:
    answer: torch.Tensor = module(
        _with_maps(x, condition), step, condition.tokens, _labels(condition)
    )
    return answer


_KNOWN: dict[str, tuple[Callable[..., nn.Module], Predict]] = {
    "GridUNet": (GridUNet, _call_grid_unet),
    "UNet2DConditionModel": (_unet_condition, _call_unet_condition),
    "UNet2DModel": (_unet, _call_unet),
    "PixArtTransformer2DModel": (_pixart, _call_pixart),
}
