import builtins
import sys


class Finder:
    def find_spec(self, name, path, target=None):
        return None


def hooked(name, *args, **kwargs):
    return real_import(name, *args, **kwargs)


sys.meta_path.insert(0, Finder())
real_import = builtins.__import__
builtins.__import__ = hooked
