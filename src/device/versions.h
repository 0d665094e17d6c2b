#pragma once

namespace torchdevice {

/// The CUDA release that this process claims to run, in the encoding of CUDART_VERSION
/// (1000 * major + 10 * minor), and cuDNN's in that of CUDNN_VERSION (10000 * major + 100 * minor +
/// patch): what a CUDA 13.0 build of PyTorch 2.13 reports. Programs compare these with minima, so
/// that every answer (torch.version.cuda, cudart, driver, cuDNN) must come from here.
inline constexpr int kCudaVersion = 13000;
inline constexpr int kCudnnVersion = 92000;
/// The cudnn-frontend headers, in the encoding of CUDNN_FRONTEND_VERSION (as kCudnnVersion).
inline constexpr int kCudnnFrontendVersion = 11201;
/// NCCL's release, in the encoding of NCCL_VERSION_CODE (as kCudnnVersion).
inline constexpr int kNcclVersion = 22907;

}  // namespace torchdevice
