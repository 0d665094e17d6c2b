#pragma once

namespace torchdevice {

/// Registers the redirect of every operator that is not known at build time (other libraries'
/// operators, custom ones registered later for the CPU only) as the CUDA key's fallback. It takes
/// the way of kernel.h with boxed arguments; an operator's plan is made at its first call.
void register_fallback();

}  // namespace torchdevice
