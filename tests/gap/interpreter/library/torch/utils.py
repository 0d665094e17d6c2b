import functools


class no_grad:
    """A context manager that is a decorator as well."""

    def __new__(cls, function=None):
        if function is None:
            return super().__new__(cls)
        return cls()(function)

    def __call__(self, function):
        return _wrapped(self.clone, function)

    def clone(self):
        return self.__class__()


def _wrapped(factory, function):
    @functools.wraps(function)
    def in_context(*args, **kwargs):
        with factory():
            return function(*args, **kwargs)

    return in_context
