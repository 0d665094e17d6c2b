"""`python -m torchdevice`: run a program on the virtual device, or say how things stand."""

import argparse
import importlib
import os
import runpy
import sys
import types

from torchdevice import _doctor, _settings

_USAGE = """python -m torchdevice [options] PROGRAM [ARGUMENT ...]
       python -m torchdevice [options] -m MODULE [ARGUMENT ...]
       python -m torchdevice [options] -c CODE [ARGUMENT ...]
       python -m torchdevice doctor"""


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m torchdevice",
        usage=_USAGE,
        description="Run a PyTorch program on virtual CUDA devices, or check the set-up (doctor).",
        epilog="Options behind PROGRAM belong to the program.",
        allow_abbrev=False,
    )
    parser.add_argument("--gpus", type=int, metavar="N", help="number of virtual GPUs")
    parser.add_argument("--host", metavar="HOST", help="where tensors live: auto, cpu or mps")
    parser.add_argument("--profile", metavar="CARD", help="name of the card that they present")
    parser.add_argument("--memory", metavar="SIZE", help="device memory of each, such as 24GiB")
    parser.add_argument(
        "--report", metavar="FILE", help='where to report at exit ("-": standard error)'
    )
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE")
    parser.add_argument("-c", dest="code", nargs=argparse.REMAINDER, metavar="CODE")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="PROGRAM")
    options = parser.parse_args(arguments)
    if not (options.module or options.code or options.program):
        parser.error("no program given")
    return options


def _run_program(program: str, arguments: list[str]) -> None:
    """Run a file, or a folder or archive with a ``__main__``, as Python's command line does."""
    sys.argv = [program, *arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(program))
    runpy.run_path(program, run_name="__main__")


def _run_module(module: str, arguments: list[str]) -> None:
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _run_code(code: str, arguments: list[str]) -> None:
    sys.argv = ["-c", *arguments]
    sys.path[0] = ""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(code, "<string>", "exec"), vars(main))


def main(arguments: list[str]) -> None:
    """Carry out one command line."""
    options = _parse(arguments)
    if options.program == ["doctor"]:
        sys.exit(_doctor.main())
    _settings.configure(
        host=options.host,
        gpus=options.gpus,
        profile=options.profile,
        memory=options.memory,
        report=options.report,
    )
    try:
        importlib.import_module("torch")
    except ImportError as error:
        sys.exit(str(error))
    if options.module:
        _run_module(options.module[0], options.module[1:])
    elif options.code:
        _run_code(options.code[0], options.code[1:])
    else:
        _run_program(options.program[0], options.program[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
