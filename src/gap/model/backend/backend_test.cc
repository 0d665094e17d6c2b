#include "gap/model/backend/backend.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

constexpr std::string_view kOperators =
    "- func: add.Tensor(Tensor self, Tensor other) -> Tensor\n"
    "- func: relu(Tensor self) -> Tensor\n";

struct Files {
  std::string name;
  std::string text;
};

Backend read(const std::vector<Files>& files) {
  const TestFolder folder;
  for (const Files& file : files) folder.write("sub/" + file.name, file.text);
  folder.write("site/torchgen/packaged/ATen/native/native_functions.yaml", kOperators);
  folder.write("site/torchgen/packaged/ATen/native/tags.yaml", "[]\n");
  folder.write("site/torch/__init__.py", "");
  return read_backend(*SourceTree::open(folder.at("sub")), *SourceTree::open(folder.at("site")), 2);
}

/// "aten::add.Tensor@CUDA" for each patch, in order.
std::vector<std::string> targets(const Backend& backend) {
  std::vector<std::string> result;
  for (const Patch& patch : backend.patches) result.push_back(patch.target);
  return result;
}

using Names = std::vector<std::string>;

TEST(Backend, ReadsLibraryBlocks) {
  const Backend backend = read({{"a.cc", R"(
namespace x {
TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("add.Tensor", TORCH_FN(add));
  m.impl("relu", torch::dispatch(c10::DispatchKey::AutogradPrivateUse1, &relu));
  m.impl("aten::relu_", relu_);
}
TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFallthrough()); }
TORCH_LIBRARY_FRAGMENT(npu, m) {
  m.def("fast_gelu(Tensor self) -> Tensor");
  m.impl("fast_gelu", &gelu);
}
})"}});
  EXPECT_EQ(targets(backend),
            (Names{"aten::add.Tensor@PrivateUse1", "aten::relu@AutogradPrivateUse1",
                   "aten::relu_@PrivateUse1", "*@PrivateUse1", "npu::fast_gelu",
                   "npu::fast_gelu@CompositeImplicitAutograd"}));
  EXPECT_EQ(backend.patches[0].kind, PatchKind::Kernel);
  EXPECT_EQ(backend.patches[0].replacement, "add");
  EXPECT_EQ(backend.patches[0].line, 4U);
  EXPECT_EQ(backend.patches[1].replacement, "relu");
  EXPECT_EQ(backend.patches[3].kind, PatchKind::Fallback);
  EXPECT_EQ(backend.patches[3].replacement, "a fallthrough");
  EXPECT_EQ(backend.patches[4].kind, PatchKind::Add);
  EXPECT_TRUE(backend.unknown.empty());
}

TEST(Backend, FollowsMacrosTablesAndLoops) {
  const Backend backend = read({{"ops.h", R"(
#pragma once
#define FOR_EACH_UNARY(K) K(abs) K(neg)
#define REGISTER_MINE(key) TORCH_LIBRARY_IMPL(aten, key, m) { m.impl("from_macro", f); }
struct Row { const char* name; int value; };
)"},
                                {"ops.cc", R"(
#include "ops.h"
static const Row kRows[] = {{"row1", 1}, {.name = "row2", .value = 2}};
TORCH_LIBRARY_IMPL(aten, CUDA, m) {
#define IMPL(op) m.impl(#op, TORCH_FN(op));
  FOR_EACH_UNARY(IMPL)
  for (const char* name : {"sin", "cos"}) m.impl(name, f);
  for (const auto& row : kRows) m.impl(row.name, f);
  for (int i = 0; i < 2; ++i) { m.impl(kRows[i].name, g); }
  const std::string base = "exp";
  m.impl((base + ".out").c_str(), f);
}
REGISTER_MINE(XLA)
)"}});
  EXPECT_EQ(targets(backend), (Names{"aten::abs@CUDA", "aten::neg@CUDA", "aten::sin@CUDA",
                                     "aten::cos@CUDA", "aten::row1@CUDA", "aten::row2@CUDA",
                                     "aten::exp.out@CUDA", "aten::from_macro@XLA"}));
}

TEST(Backend, FollowsCallsAcrossFiles) {
  const Backend backend = read({{"register.cc", R"(
void add_ops(torch::Library& library, const char* name);
template <class Op> void redirect() {
  auto op = c10::Dispatcher::singleton().findSchemaOrThrow(Op::name, Op::overload_name);
  c10::Dispatcher::singleton().registerImpl(op.operator_name(), c10::DispatchKey::CUDA, kernel());
}
void start() {
  static auto* library = new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::MPS, __FILE__, __LINE__);
  add_ops(*library, "view");
  redirect<at::_ops::add_Tensor>();
  redirect<at::_ops::relu>();
}
)"},
                                {"ops.cc", R"(
void add_ops(torch::Library& library, const char* name) { library.impl(name, f); }
)"}});
  EXPECT_EQ(targets(backend),
            (Names{"aten::view@MPS", "aten::add.Tensor@CUDA", "aten::relu@CUDA"}));
  EXPECT_EQ(backend.patches[0].line, 9U) << "where the name is written";
}

TEST(Backend, SaysWhatItCannotKnow) {
  const Backend backend = read({{"a.cc", R"(
void register_generated();
void never_called(torch::Library& m) { m.impl("x", f); }
TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl(std::getenv("OP"), f);
  for (auto& op : list_operators()) m.impl(op, f);
  register_generated();
}
)"}});
  EXPECT_TRUE(backend.patches.empty());
  ASSERT_EQ(backend.unknown.size(), 4U);
  EXPECT_EQ(backend.unknown[0].reason,
            "`m` of never_called() comes from a caller that no source shows");
  EXPECT_EQ(backend.unknown[1].what, "m.impl(<name>, …) at CUDA");
  EXPECT_EQ(backend.unknown[1].reason, "`std::getenv(\"OP\")` is not known from sources");
  EXPECT_EQ(backend.unknown[1].place, "a.cc:5");
  EXPECT_EQ(backend.unknown[2].reason,
            "a loop over `list_operators()`, whose items sources do not tell");
  EXPECT_EQ(backend.unknown[3].what, "what register_generated() registers");
}

TEST(Backend, ReadsSlots) {
  const Backend backend = read({{"a.cc", R"(
#ifdef __APPLE__
REGISTER_CUDA_HOOKS(Hooks)
#endif
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);
REGISTER_PRIVATEUSE1_DISPATCH(abs_stub, &abs_kernel);
void fill() {
  if (enabled()) {
    at::CUDAHooksRegistry()->Register("CUDAHooks", [](Args a) { return make(a); }, 1);
  }
  c10::SetAllocator(c10::kCUDA, allocator(), 255);
  at::native::choice_stub.set_cuda_dispatch_ptr(&choose);
}
)"}});
  EXPECT_EQ(targets(backend), (Names{"CUDAHooksRegistry::CUDAHooks", "DeviceGuardImpl@PrivateUse1",
                                     "abs_stub@PrivateUse1", "CUDAHooksRegistry::CUDAHooks",
                                     "Allocator@CUDA", "choice_stub@CUDA"}));
  EXPECT_EQ(backend.patches[0].condition, "defined(__APPLE__)");
  EXPECT_EQ(backend.patches[0].replacement, "Hooks");
  EXPECT_EQ(backend.patches[2].replacement, "abs_kernel");
  EXPECT_EQ(backend.patches[3].condition, "enabled()");
  EXPECT_EQ(backend.patches[3].replacement, "a lambda");
}

TEST(Backend, ReadsOverridesOfHooks) {
  const Backend backend = read({{"hooks.h", R"(
struct MY_API Base : public at::PrivateUse1HooksInterface {
  ~Base() override = default;
  bool hasPrimaryContext(int device) const override { return true; }
  void mine();
};
class Guard final : public c10::impl::DeviceGuardImplInterface { void setDevice(int) const override; };
class Derived : public Base { void init() const override; };
class Unrelated : public Widget { void draw() override; };
)"}});
  EXPECT_EQ(targets(backend),
            (Names{"PrivateUse1HooksInterface::hasPrimaryContext",
                   "DeviceGuardImplInterface::setDevice", "PrivateUse1HooksInterface::init"}));
  EXPECT_EQ(backend.patches[2].replacement, "Derived::init");
}

TEST(Backend, ReadsNamesOfTorchC) {
  const Backend backend = read({{"bind.cc", R"(
PyMethodDef methods[] = {{"_cuda_init", init, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyMethodDef stream_methods[] = {{"query", query, METH_NOARGS, nullptr}, {nullptr}};
PyTypeObject stream_type = {};
struct Graph {};
template <typename T> void add_all(T& type, std::initializer_list<const char*> names) {
  for (const char* name : names) type.def(name, raiser(name));
}
void install(PyObject* torch_c) {
  PyModule_AddFunctions(torch_c, methods);
  auto module = py::handle(torch_c).cast<py::module_>();
  module.def("_cuda_count", [] { return 1; });
  module.attr("_has_cuda") = true;
  auto nvtx = module.def_submodule("_nvtx");
  nvtx.def("push", &push);
  py::class_<Graph> graph(module, "_CUDAGraph");
  graph.def(py::init<>()).def_property_readonly("pool", &Graph::pool);
  add_all(graph, {"reset"});
  stream_type.tp_methods = stream_methods;
  PyModule_AddObject(torch_c, "_CudaStreamBase", (PyObject*)&stream_type);
  THPStorageType.tp_new = storage_new;
  PyObject* cuda = PyImport_ImportModule("torch.cuda");
  PyObject_SetAttrString(cuda, "has_half", Py_True);
}
PYBIND11_MODULE(_ext, m) { m.def("install", &install); m.def("own", [] {}); }
)"}});
  EXPECT_EQ(targets(backend), (Names{"torch._C._cuda_init", "torch._C._cuda_count",
                                     "torch._C._has_cuda", "torch._C._nvtx", "torch._C._nvtx.push",
                                     "torch._C._CUDAGraph", "torch._C._CUDAGraph.__init__",
                                     "torch._C._CUDAGraph.pool", "torch._C._CUDAGraph.reset",
                                     "torch._C._CudaStreamBase", "torch._C._CudaStreamBase.query",
                                     "torch._C.StorageBase.__new__", "torch.cuda.has_half"}));
  EXPECT_EQ(backend.patches[0].kind, PatchKind::Binding);
  EXPECT_EQ(backend.patches[0].line, 2U);
  EXPECT_EQ(backend.patches[5].replacement, "Graph");
  EXPECT_TRUE(backend.unknown.empty());
}

/// A file of the same text twice: a build's copy.
TEST(Backend, ReadsCopiesOnce) {
  const std::string text = "TORCH_LIBRARY_IMPL(aten, CUDA, m) { m.impl(\"x\", f); }";
  EXPECT_EQ(read({{"a.cc", text}, {"copy/a.cc", text}}).patches.size(), 1U);
}

}  // namespace
}  // namespace torchdevice::gap
