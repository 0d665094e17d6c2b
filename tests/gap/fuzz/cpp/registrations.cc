#define FOR_EACH_OP(K) K(add, "add.Tensor") K(mul, "mul.Tensor")
#ifdef USE_NPU
#define KEY PrivateUse1
#else
#define KEY CUDA
#endif
namespace a {
TORCH_LIBRARY_IMPL(aten, KEY, m) {
#define IMPL(fn, name) m.impl(name, TORCH_FN(fn));
  FOR_EACH_OP(IMPL)
#undef IMPL
  for (const auto& [name, fn] : kTable) m.impl(name, fn);
  m.fallback(torch::CppFunction::makeFallthrough());
}
class TORCH_API Hooks final : public at::CUDAHooksInterface {
  bool isBuilt() const override { return true; }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard);
}  // namespace a
