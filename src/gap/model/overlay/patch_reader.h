#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/overlay/overlay.h"
#include "gap/model/overlay/wrapper.h"
#include "gap/model/surface/object_signatures.h"

namespace torchdevice::gap {

/// Turns what a Python subject stores into PyTorch into patches.
class PatchReader {
 public:
  /// `operators` may be null.
  PatchReader(Interpreter& interpreter, const Operators* operators)
      : interpreter_(interpreter), signatures_(interpreter, operators) {}

  /// Stores into anything but PyTorch are left out, and so are settings: attributes of PyTorch's
  /// configuration modules, and properties that PyTorch lets users set.
  void read(const std::vector<Store>& stores);

  std::vector<Patch> patches;
  std::vector<UnknownPatch> unknown;

 private:
  /// One patch with the store that made it.
  struct Made {
    const Store* store = nullptr;
    std::size_t patch = 0;
  };

  std::string target_of(const Store& store);
  bool is_setting(const Store& store);
  void add_unknown(const Store& store);
  void add_patch(const Store& store, std::string target);
  void fill_replacement(const Store& store, Patch& patch);
  std::string how(const Store& store) const;
  void mark_superseded();
  /// What the target stood for before: the original and each earlier replacement.
  std::vector<Value*> predecessors(const Store& store, const std::string& target) const;

  Interpreter& interpreter_;
  SignatureReader signatures_;
  SavedNames saved_;
  std::map<Value*, std::string> owner_names_;
  std::map<std::string, std::vector<Made>> by_target_;
  std::map<std::pair<const PythonFile*, std::uint32_t>, std::size_t> targets_at_;
};

}  // namespace torchdevice::gap
