"""Checkpoints that would leave a mark if anything of them were run."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path

import torch


class Reduced:
    """Becomes a call when it is unpickled."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Restored:
    """Becomes an object whose state is set when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __setstate__(self, state):
        Path(state["mark"]).touch()


def touch(mark):
    """Return a call that leaves a mark."""
    return Reduced(Path.touch, mark)


def source(mark):
    """Return Python that leaves a mark."""
    return f"open({str(mark)!r}, 'w').close()"


def by_name(module, name, *arguments):
    """Return protocol 0: a call of any function by its name, with texts as arguments."""
    given = "".join(f"V{argument}\n" for argument in arguments)
    return f"c{module}\n{name}\n({given}tR.".encode()


def state_with(thing):
    """Return a checkpoint with something in it that is no tensor."""
    return {"state_dict": {"a": torch.zeros(2), "b": thing}, "epoch": 1}


def saved(content, **options):
    """Return the bytes of `torch.save`."""
    target = io.BytesIO()
    torch.save(content, target, **options)
    return target.getvalue()


def rezipped(content, rename=lambda name: name, compression=zipfile.ZIP_STORED):
    """Write an archive again with other names, or compressed."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", compression) as new,
    ):
        for entry in old.infolist():
            new.writestr(rename(entry.filename), old.read(entry))
    return target.getvalue()


def with_pickle(payload):
    """Return a checkpoint of torch with another pickle in the place of its own."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(2)}))) as old,
        zipfile.ZipFile(target, "w") as new,
    ):
        for entry in old.infolist():
            held = payload if entry.filename.endswith("data.pkl") else old.read(entry)
            new.writestr(entry.filename, held)
    return target.getvalue()


def old_tar(mark):
    """Return the archive that torch wrote before 2018, with a pickle in it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(touch(mark), protocol=2)
            facts = tarfile.TarInfo(name)
            facts.size = len(content)
            archive.addfile(facts, io.BytesIO(content))
    return target.getvalue()


def program(mark):
    """Return an archive of the shape of an exported program, with a pickle in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("model/archive_format", "pt2")
        archive.writestr("model/data.pkl", pickle.dumps(touch(mark)))
        archive.writestr("model/version", "3")
    return target.getvalue()


def options_of_dino(mark):
    """Return a checkpoint as DINO writes it, with a call among its options."""
    content = {"teacher": {"backbone.a": torch.zeros(2)}, "args": Namespace(lr=touch(mark))}
    return saved(content)


def call_for_options(mark):
    """Return a pickle that hands a call to the class of those options."""
    call = by_name("builtins", "exec", source(mark))[:-1].decode()
    return with_pickle(f"cargparse\nNamespace\n({call}tR.".encode())


LIGHTNING = "pytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint"


def behind_a_bystander(mark):
    """Return a pickle that hands a call to a class which is let through."""
    call = by_name("builtins", "exec", source(mark))[:-1].decode()
    return with_pickle(f"c{LIGHTNING}\n({call}tR.".encode())


def state_of_a_bystander(mark):
    """Return a pickle that sets the state of a class which is let through."""
    call = by_name("builtins", "exec", source(mark))[:-1].decode()
    return with_pickle(f"c{LIGHTNING}\n(tR{call}b.".encode())


EVIL = {
    "call in torch's archive": lambda mark: saved(state_with(touch(mark))),
    "call in torch's old format": lambda mark: saved(
        state_with(touch(mark)), _use_new_zipfile_serialization=False
    ),
    "call beside the tensors": lambda mark: saved(
        {"state_dict": {"a": torch.zeros(2)}, "callbacks": {"x": touch(mark)}}
    ),
    "call as a key": lambda mark: saved(OrderedDict([(Reduced(exec, source(mark)), 1)])),
    "state of an object": lambda mark: saved(state_with(Restored(mark))),
    "plain pickle": lambda mark: pickle.dumps(touch(mark)),
    "plain pickle, protocol 2": lambda mark: pickle.dumps(touch(mark), protocol=2),
    "os.system": lambda mark: with_pickle(by_name("os", "system", f"touch {mark}")),
    "posix.system": lambda mark: with_pickle(by_name("posix", "system", f"touch {mark}")),
    "exec": lambda mark: with_pickle(by_name("builtins", "exec", source(mark))),
    "eval": lambda mark: with_pickle(by_name("builtins", "eval", source(mark))),
    "exec, without an archive": lambda mark: by_name("builtins", "exec", source(mark)),
    "subprocess": lambda mark: with_pickle(by_name("subprocess", "getoutput", f"touch {mark}")),
    "code": lambda mark: with_pickle(by_name("code", "interact", source(mark))),
    "timeit": lambda mark: with_pickle(by_name("timeit", "timeit", source(mark))),
    "torch's own loader": lambda mark: with_pickle(by_name("torch", "load", mark)),
    "a class that is let through, with a call": behind_a_bystander,
    "a class that is let through, with a state": state_of_a_bystander,
    "options of a training, with a call": options_of_dino,
    "a call instead of options": call_for_options,
    "call in a teacher": lambda mark: saved({"teacher": {"a": touch(mark)}, "student": {}}),
    "call beside a model": lambda mark: saved({"model": {"a": torch.zeros(1)}, "x": touch(mark)}),
    "old tar": old_tar,
    "exported program": program,
    "TorchScript": lambda mark: rezipped(
        saved(state_with(touch(mark))), lambda name: name.replace("data.pkl", "constants.pkl")
    ),
    "compressed archive": lambda mark: rezipped(
        saved(state_with(touch(mark))), compression=zipfile.ZIP_DEFLATED
    ),
}
"""Bytes of a file for a path that must not come into being."""
