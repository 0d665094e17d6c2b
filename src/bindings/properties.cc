/// torch._C._CudaDeviceProperties and _CUuuid, as torch/csrc/cuda/Module.cpp describes them.

#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/pybind.h>

#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "device/card.h"
#include "device/settings.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

/// cudaUUID_t, as text.
struct Uuid {
  std::string text;

  /// The 16 bytes that the text writes in hexadecimal.
  std::vector<int> bytes() const {
    std::string digits = text;
    std::erase(digits, '-');
    std::vector<int> result;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
      result.push_back(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return result;
  }
};

struct Properties {
  Card card;
  int ordinal;  ///< among all GPUs, visible or not: stands in the UUID and in the PCI address
};

std::string representation(const Properties& properties) {
  constexpr size_t kMegabyte = 1024 * 1024;
  const Card& card = properties.card;
  return c10::str(
      "_CudaDeviceProperties(name='", card.name, "', major=", card.major, ", minor=", card.minor,
      ", total_memory=", card.total_memory / kMegabyte,
      "MB, multi_processor_count=", card.multi_processor_count,
      ", uuid=", card_uuid(properties.ordinal), ", pci_bus_id=", properties.ordinal,
      ", pci_device_id=0, pci_domain_id=0, L2_cache_size=", card.l2_cache_size / kMegabyte, "MB)");
}

template <auto Field>
auto field() {
  return [](const Properties& properties) { return properties.card.*Field; };
}

/// Each device's own object: PyTorch hands out references to one static per device.
const Properties* properties_of(int device) {
  static const auto all = [] {
    std::vector<Properties> list;
    for (const int ordinal : settings().ordinals) {
      list.push_back({card(), ordinal});
    }
    return list;
  }();
  TORCH_CHECK(device >= 0 && static_cast<size_t>(device) < all.size(), "device=", device,
              ", num_gpus=", all.size());
  return &all[static_cast<size_t>(device)];
}

}  // namespace

void add_properties(PyObject* torch_c) {
  auto module = py::handle(torch_c).cast<py::module_>();
  py::class_<Uuid>(module, "_CUuuid")
      .def_property_readonly("bytes", &Uuid::bytes)
      .def("__str__", [](const Uuid& uuid) { return uuid.text; });
  py::class_<Properties>(module, "_CudaDeviceProperties")
      .def_property_readonly("name", field<&Card::name>())
      .def_property_readonly("major", field<&Card::major>())
      .def_property_readonly("minor", field<&Card::minor>())
      .def_property_readonly("is_multi_gpu_board",
                             [](const Properties& p) { return int{p.card.is_multi_gpu_board}; })
      .def_property_readonly("is_integrated",
                             [](const Properties& p) { return int{p.card.is_integrated}; })
      .def_property_readonly("multi_processor_count", field<&Card::multi_processor_count>())
      .def_property_readonly("total_memory", field<&Card::total_memory>())
      .def_property_readonly("max_threads_per_multi_processor",
                             field<&Card::max_threads_per_multi_processor>())
      .def_property_readonly("max_threads_per_block", field<&Card::max_threads_per_block>())
      .def_property_readonly("warp_size", field<&Card::warp_size>())
      .def_property_readonly("regs_per_multiprocessor", field<&Card::regs_per_multiprocessor>())
      .def_property_readonly("shared_memory_per_block", field<&Card::shared_memory_per_block>())
      .def_property_readonly("shared_memory_per_block_optin",
                             field<&Card::shared_memory_per_block_optin>())
      .def_property_readonly("shared_memory_per_multiprocessor",
                             field<&Card::shared_memory_per_multiprocessor>())
      .def_property_readonly("L2_cache_size", field<&Card::l2_cache_size>())
      .def_property_readonly("clock_rate", field<&Card::clock_rate>())
      .def_property_readonly("memory_clock_rate", field<&Card::memory_clock_rate>())
      .def_property_readonly("memory_bus_width", field<&Card::memory_bus_width>())
      .def_property_readonly("gcnArchName", field<&Card::name>())
      .def_property_readonly("uuid", [](const Properties& p) { return Uuid{card_uuid(p.ordinal)}; })
      .def_property_readonly("pci_bus_id", [](const Properties& p) { return p.ordinal; })
      .def_property_readonly("pci_device_id", [](const Properties&) { return 0; })
      .def_property_readonly("pci_domain_id", [](const Properties&) { return 0; })
      .def("__repr__", &representation);
  module.def("_get_device_properties", torch::wrap_pybind_function(&properties_of),
             py::return_value_policy::reference);
}

}  // namespace torchdevice::bindings
