from torch.unseen import register

__all__ = ["listed"]


def _export(name):
    def wrapper(function):
        globals()[name] = function
        __all__.append(name)
        return function

    return wrapper


@register("listed", decorate=[_export("hidden")])
def listed():
    pass
