#pragma once

#include <c10/core/Stream.h>
#include <torch/csrc/python_headers.h>

namespace torchdevice::bindings {

/// The stream of a torch.cuda.Stream, a torch.Stream on cuda, or any subclass.
/// Throws c10::TypeError for other objects and c10::Error for other devices' streams.
c10::Stream unpack_cuda_stream(PyObject* object);

}  // namespace torchdevice::bindings
