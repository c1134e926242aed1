"""CTransPath's way into a Swin transformer: three convolutions where others cut patches."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class ConvolutionalStem(nn.Module):
    """Pictures → (n, height / 4, width / 4, dim).

    Two 3 × 3 convolutions of stride 2, each with batch norm and ReLU, widen to a quarter of the
    embedding; a 1 × 1 convolution does the rest. Made with the arguments that timm gives to the
    patch embedding of a Swin transformer, and with the attributes it reads from one.
    """

    def __init__(
        self,
        img_size: int | tuple[int, int] = 224,
        patch_size: int = 4,
        in_chans: int = 3,
        embed_dim: int = 96,
        norm_layer: Any = None,
        **_: Any,
    ) -> None:
        super().__init__()
        if patch_size != 4 or embed_dim % 8:
            raise ValueError("this stem makes patches of 4 pixels, and widths that 8 divides")
        height, width = (img_size, img_size) if isinstance(img_size, int) else img_size
        self.img_size = (height, width)
        self.patch_size = (4, 4)
        self.grid_size = (height // 4, width // 4)
        self.num_patches = self.grid_size[0] * self.grid_size[1]
        narrow, wide = embed_dim // 8, embed_dim // 4
        self.proj = nn.Sequential(
            nn.Conv2d(in_chans, narrow, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ReLU(inplace=True),
            nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(inplace=True),
            nn.Conv2d(wide, embed_dim, 1),
        )
        self.norm = nn.Identity() if norm_layer is None else norm_layer(embed_dim)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return tokens, channels last."""
        found: torch.Tensor = self.norm(self.proj(pictures).permute(0, 2, 3, 1))
        return found

    def feat_ratio(self, as_scalar: bool = True) -> int | tuple[int, int]:
        """Return by how much the side shrinks, as timm asks for it."""
        return 4 if as_scalar else (4, 4)
