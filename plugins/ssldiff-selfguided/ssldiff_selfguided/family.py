"""Who published it, and under which terms."""

from __future__ import annotations

from ssldiff_cvlab.families import Family

from ssldiff_gui.core.specs import Licence

ADDRESS = "https://github.com/dongzhuoyao/self-guided-diffusion-models"

SELFGUIDED = Family(
    name="selfguided",
    title="Self-guided diffusion",
    paper="Hu, Zhang, Asano, Burghouts, Snoek: Self-guided diffusion models. CVPR 2023.",
    address=ADDRESS,
    licence=Licence(name="none given", url=ADDRESS),
    summary="It makes small pictures, led by labels that a self-supervised network has given.",
    guidance=2.0,  # Imagen's form, (1 - w) · null + w · given, is null + w · (given - null)
)
