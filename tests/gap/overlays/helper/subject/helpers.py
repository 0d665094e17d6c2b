import importlib


def replace(owner, name, value):
    prefix = "_original_"
    setattr(owner, f"{prefix}{name}", getattr(owner, name))
    setattr(owner, name, value)


def resolve(path):
    module, _, rest = path.partition(".")
    value = importlib.import_module(module)
    for part in rest.split(".")[:-1]:
        value = getattr(value, part)
    return value, rest.rsplit(".", 1)[-1]


def replace_all(table):
    for path, value in table.items():
        owner, name = resolve(path)
        setattr(owner, name, value)
