/// Names of a CUDA build whose features the virtual device does not have yet. Each exists, as the
/// kind of object that it is there, and raises NotImplementedError.

#include "bindings/unavailable.h"

#include <torch/csrc/utils/pybind.h>

#include <vector>

#include "bindings/bindings.h"
#include "bindings/python_type.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

struct Function {
  const char* name;     ///< on torch._C
  const char* called;   ///< what a user calls
  const char* feature;  ///< what it belongs to
};

constexpr Function kFunctions[] = {
    // Memory
    {"_cuda_memorySnapshot", "torch.cuda.memory_snapshot", "memory snapshots"},
    {"_cuda_record_memory_history", "torch.cuda.memory._record_memory_history", "memory history"},
    {"_cuda_record_memory_history_legacy", "torch.cuda.memory._record_memory_history",
     "memory history"},
    {"_cuda_allocationTraceback", "torch.cuda.memory._allocation_traceback", "memory history"},
    {"_cuda_setMemoryMetadata", "torch.cuda.memory._set_memory_metadata", "memory history"},
    {"_cuda_getMemoryMetadata", "torch.cuda.memory._get_memory_metadata", "memory history"},
    {"_cuda_annotateMemory", "_cuda_annotateMemory", "memory history"},
    {"_cuda_attach_out_of_memory_observer", "torch._C._cuda_attach_out_of_memory_observer",
     "out-of-memory observers"},
    {"_cuda_customAllocator", "torch.cuda.CUDAPluggableAllocator", "pluggable allocators"},
    {"_cuda_changeCurrentAllocator", "torch.cuda.change_current_allocator", "pluggable allocators"},
    {"_cuda_getAllocator", "torch.cuda.memory._get_current_allocator", "pluggable allocators"},
    {"_cuda_beginAllocateToPool", "torch._C._cuda_beginAllocateToPool", "memory pools"},
    {"_cuda_beginAllocateCurrentThreadToPool", "torch.cuda.use_mem_pool", "memory pools"},
    {"_cuda_beginAllocateCurrentStreamToPool", "torch._C._cuda_beginAllocateCurrentStreamToPool",
     "memory pools"},
    {"_cuda_endAllocateToPool", "torch._C._cuda_endAllocateToPool", "memory pools"},
    {"_cuda_releasePool", "torch._C._cuda_releasePool", "memory pools"},
    {"_cuda_checkPoolLiveAllocations", "torch._C._cuda_checkPoolLiveAllocations", "memory pools"},
    {"_cuda_getCheckpointState", "torch._C._cuda_getCheckpointState", "memory pools"},
    {"_cuda_setCheckpointPoolState", "torch._C._cuda_setCheckpointPoolState", "memory pools"},
    // CUDA graphs
    {"_graph_pool_handle", "torch.cuda.graph_pool_handle", "CUDA graphs"},
    {"_construct_CUDA_Tensor_From_Storage_And_Metadata",
     "torch._C._construct_CUDA_Tensor_From_Storage_And_Metadata", "CUDA graphs"},
    {"_free_And_Remove_DeleterFn", "torch._C._free_And_Remove_DeleterFn", "CUDA graphs"},
    {"_has_Standard_Deleter", "torch._C._has_Standard_Deleter", "CUDA graphs"},
    {"_set_storage_access_error_msg", "torch._C._set_storage_access_error_msg", "CUDA graphs"},
    {"_set_storage_data_ptr_access_error_msg", "torch._C._set_storage_data_ptr_access_error_msg",
     "CUDA graphs"},
    {"_clear_storage_data_ptr_access_error_msg",
     "torch._C._clear_storage_data_ptr_access_error_msg", "CUDA graphs"},
    {"_tensors_data_ptrs_at_indices_equal", "torch._C._tensors_data_ptrs_at_indices_equal",
     "CUDA graphs"},
    // What needs a GPU's own libraries
    {"_cuda_getCurrentBlasHandle", "torch.cuda.current_blas_handle", "cuBLAS handles"},
    {"_cuda_getCurrentSolverHandle", "torch.cuda.current_solver_handle", "cuSOLVER handles"},
    {"_cuda_getHipblasltVersion", "torch._C._cuda_getHipblasltVersion", "hipBLASLt"},
    {"_cuda_jiterator_compile_and_launch_kernel", "torch.cuda.jiterator", "CUDA C++ kernels"},
    {"_gds_register_buffer", "torch.cuda.gds.gds_register_buffer", "GPUDirect Storage"},
    {"_gds_deregister_buffer", "torch.cuda.gds.gds_deregister_buffer", "GPUDirect Storage"},
    {"_gds_register_handle", "torch.cuda.gds.GdsFile.register_handle", "GPUDirect Storage"},
    {"_gds_deregister_handle", "torch.cuda.gds.GdsFile.deregister_handle", "GPUDirect Storage"},
    {"_gds_load_storage", "torch.cuda.gds.GdsFile.load_storage", "GPUDirect Storage"},
    {"_gds_save_storage", "torch.cuda.gds.GdsFile.save_storage", "GPUDirect Storage"},
    // Tunable operators
    {"_cuda_tunableop_enable", "torch.cuda.tunable.enable", "tunable operators"},
    {"_cuda_tunableop_is_enabled", "torch.cuda.tunable.is_enabled", "tunable operators"},
    {"_cuda_tunableop_tuning_enable", "torch.cuda.tunable.tuning_enable", "tunable operators"},
    {"_cuda_tunableop_tuning_is_enabled", "torch.cuda.tunable.tuning_is_enabled",
     "tunable operators"},
    {"_cuda_record_untuned_enable", "torch.cuda.tunable.record_untuned_enable",
     "tunable operators"},
    {"_cuda_record_untuned_is_enabled", "torch.cuda.tunable.record_untuned_is_enabled",
     "tunable operators"},
    {"_cuda_tunableop_set_max_tuning_duration", "torch.cuda.tunable.set_max_tuning_duration",
     "tunable operators"},
    {"_cuda_tunableop_get_max_tuning_duration", "torch.cuda.tunable.get_max_tuning_duration",
     "tunable operators"},
    {"_cuda_tunableop_set_max_tuning_iterations", "torch.cuda.tunable.set_max_tuning_iterations",
     "tunable operators"},
    {"_cuda_tunableop_get_max_tuning_iterations", "torch.cuda.tunable.get_max_tuning_iterations",
     "tunable operators"},
    {"_cuda_tunableop_set_filename", "torch.cuda.tunable.set_filename", "tunable operators"},
    {"_cuda_tunableop_get_filename", "torch.cuda.tunable.get_filename", "tunable operators"},
    {"_cuda_tunableop_read_file", "torch.cuda.tunable.read_file", "tunable operators"},
    {"_cuda_tunableop_get_results", "torch.cuda.tunable.get_results", "tunable operators"},
    {"_cuda_tunableop_get_validators", "torch.cuda.tunable.get_validators", "tunable operators"},
    {"_cuda_tunableop_set_rotating_buffer_size", "torch.cuda.tunable.set_rotating_buffer_size",
     "tunable operators"},
    {"_cuda_tunableop_get_rotating_buffer_size", "torch.cuda.tunable.get_rotating_buffer_size",
     "tunable operators"},
    {"_cuda_tunableop_set_numerical_check_tolerances",
     "torch.cuda.tunable.set_numerical_check_tolerances", "tunable operators"},
    {"_cuda_tunableop_get_cublaslt_requested_algo_count",
     "torch._C._cuda_tunableop_get_cublaslt_requested_algo_count", "tunable operators"},
    {"_cuda_tunableop_set_cublaslt_requested_algo_count",
     "torch._C._cuda_tunableop_set_cublaslt_requested_algo_count", "tunable operators"},
    // NCCL
    {"_nccl_init_rank", "torch.cuda.nccl.init_rank", "NCCL between processes"},
};

PyObject* call_function(PyObject* self, PyObject* /*args*/, PyObject* /*kwargs*/) {
  HANDLE_TH_ERRORS
  const auto* function = static_cast<const Function*>(PyCapsule_GetPointer(self, nullptr));
  raise_unavailable(function->called, function->feature);
  END_HANDLE_TH_ERRORS
}

void add_functions(PyObject* module) {
  static std::vector<PyMethodDef> definitions;
  definitions.reserve(std::size(kFunctions));
  for (const Function& function : kFunctions) {
    auto& definition = definitions.emplace_back(
        PyMethodDef{function.name, castPyCFunctionWithKeywords(call_function),
                    METH_VARARGS | METH_KEYWORDS, nullptr});
    const py::capsule self(&function);
    const auto name = py::str("torch._C");
    const auto object =
        py::reinterpret_steal<py::object>(PyCFunction_NewEx(&definition, self.ptr(), name.ptr()));
    if (!object || PyObject_SetAttrString(module, function.name, object.ptr()) < 0) {
      throw python_error();
    }
  }
}

// --- classes that pybind11 makes in a CUDA build
// --------------------------------------------------

struct Graph {};
struct MemPool {};
struct Allocator {};
struct PluggableAllocator : Allocator {};
struct AllocatorState {};

/// A method or getter of `class_name` that raises.
auto raiser(std::string name, const char* feature) {
  return [name = std::move(name), feature](const py::args&, const py::kwargs&) {
    raise_unavailable(name.c_str(), feature);
  };
}

template <typename Class>
void add_methods(Class& type, const std::string& called, const char* feature,
                 std::initializer_list<const char*> names) {
  for (const char* name : names) {
    type.def(name, raiser(called + "." + name, feature));
  }
}

void add_classes(PyObject* torch_c) {
  auto module = py::handle(torch_c).cast<py::module_>();

  const char* graphs = "CUDA graphs";
  const std::string graph_name = "torch.cuda.CUDAGraph";
  py::class_<Graph> graph(module, "_CUDAGraph");
  graph.def(py::init([](bool) { return Graph(); }), py::arg("keep_graph") = false);
  graph.def_static("get_currently_capturing_graph",
                   raiser(graph_name + ".get_currently_capturing_graph", graphs));
  graph.def_property_readonly("_has_graph_exec", [](const Graph&) { return false; });
  add_methods(graph, graph_name, graphs,
              {"_retain_pool", "begin_capture_to_if_node", "begin_capture_to_while_node",
               "capture_begin", "capture_end", "capture_end_post", "capture_end_pre", "debug_dump",
               "enable_debug_mode", "end_capture_to_conditional_node", "instantiate", "pool",
               "pools", "raw_cuda_graph", "raw_cuda_graph_exec", "register_generator_state",
               "replay", "reset", "set_conditional_handle_for_current_node"});
  module.def("_cuda_isCurrentStreamCapturing", [] { return false; });

  const char* pools = "memory pools";
  const std::string pool_name = "torch.cuda.MemPool";
  py::class_<MemPool> pool(module, "_MemPool");
  pool.def(py::init([](const py::args&, const py::kwargs&) -> MemPool {
    raise_unavailable("torch.cuda.MemPool", "memory pools");
  }));
  pool.def_property_readonly("id", raiser(pool_name + ".id", pools));
  pool.def_property_readonly("allocator", raiser(pool_name + ".allocator", pools));
  add_methods(pool, pool_name, pools, {"use_count"});

  py::class_<Allocator>(module, "_cuda_CUDAAllocator");
  py::class_<AllocatorState>(module, "_cuda_CUDAAllocator_AllocatorState");
  py::class_<PluggableAllocator, Allocator> pluggable(module, "_CUDAPluggableAllocator");
  add_methods(pluggable, "torch.cuda.CUDAPluggableAllocator", "pluggable allocators",
              {"set_base_alloc_fn", "set_begin_allocate_to_pool", "set_end_allocate_to_pool_fn",
               "set_init_fn", "set_memory_fraction_fn", "set_record_stream_fn", "set_release_pool",
               "set_reset_fn"});

  auto cusparselt = add_submodule(torch_c, "_cusparselt");
  cusparselt.def("getVersionInt", raiser("torch.backends.cusparselt.version", "cuSPARSELt"));
}

// --- classes that are C types in a CUDA build: Inductor's launchers of compiled kernels
// -----------

PyMethodDef static_launcher_methods[] = {
    {"_load_kernel", unavailable_method<"torch._C._StaticCudaLauncher._load_kernel", "Triton">(),
     METH_STATIC | METH_VARARGS | METH_KEYWORDS, nullptr},
    {"_launch_kernel",
     unavailable_method<"torch._C._StaticCudaLauncher._launch_kernel", "Triton">(),
     METH_STATIC | METH_VARARGS | METH_KEYWORDS, nullptr},
    {"_unload_kernel",
     unavailable_method<"torch._C._StaticCudaLauncher._unload_kernel", "Triton">(),
     METH_STATIC | METH_VARARGS | METH_KEYWORDS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyTypeObject static_launcher = static_type();
PyTypeObject fast_launcher = static_type();

PyObject* call_fast_launcher(PyObject* /*self*/, PyObject* /*args*/, PyObject* /*kwargs*/) {
  HANDLE_TH_ERRORS
  raise_unavailable("torch._C._FastCudaLauncher", "Triton");
  END_HANDLE_TH_ERRORS
}

void add_launchers(PyObject* module) {
  static_launcher.tp_name = "torch._C._StaticCudaLauncher";
  static_launcher.tp_basicsize = sizeof(PyObject);
  static_launcher.tp_flags = Py_TPFLAGS_DEFAULT;
  static_launcher.tp_methods = static_launcher_methods;
  fast_launcher.tp_name = "torch._C._FastCudaLauncher";
  fast_launcher.tp_basicsize = sizeof(PyObject);
  fast_launcher.tp_flags = Py_TPFLAGS_DEFAULT;
  fast_launcher.tp_call = call_fast_launcher;
  add_type(module, "_StaticCudaLauncher", &static_launcher);
  add_type(module, "_FastCudaLauncher", &fast_launcher);
}

}  // namespace

void raise_unavailable(const char* name, const char* feature) {
  C10_THROW_ERROR(
      NotImplementedError,
      c10::str(name, ": not available on TorchDevice's virtual device yet (", feature, ")"));
}

void add_unavailable(PyObject* module) {
  add_functions(module);
  add_classes(module);
  add_launchers(module);
}

}  // namespace torchdevice::bindings
