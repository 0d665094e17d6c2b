def boolean_dispatch(arg_name, default, if_true, if_false):
    def fn(*args, **kwargs):
        if kwargs.get(arg_name, default):
            return if_true(*args, **kwargs)
        return if_false(*args, **kwargs)

    if if_true.__doc__ is None and if_false.__doc__ is not None:
        fn.__doc__ = if_false.__doc__
    return fn
