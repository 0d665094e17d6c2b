import torch


class Meta(type):
    def __instancecheck__(cls, instance):
        return True

    def __call__(cls, type, index=0):
        return type


class Device(metaclass=Meta):
    pass


torch.device = Device
