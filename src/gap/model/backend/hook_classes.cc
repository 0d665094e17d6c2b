#include "gap/model/backend/hook_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace torchdevice::gap {
namespace {

/// Besides those that end in HooksInterface or GuardImplInterface.
constexpr std::array<std::string_view, 14> kInterfaces = {"Allocator",
                                                          "DeviceAllocator",
                                                          "HostAllocator",
                                                          "CachingHostAllocatorImpl",
                                                          "CachingHostAllocatorInterface",
                                                          "CUDAAllocator",
                                                          "GeneratorImpl",
                                                          "TensorImpl",
                                                          "StorageImpl",
                                                          "ProfilerStubs",
                                                          "Backend",
                                                          "ProcessGroup",
                                                          "PyInterpreterVTable",
                                                          "BackendMeta"};

bool is_interface(std::string_view name) {
  return name.ends_with("HooksInterface") || name.ends_with("GuardImplInterface") ||
         std::find(kInterfaces.begin(), kInterfaces.end(), name) != kInterfaces.end();
}

/// The interface that a class derives from; empty where it derives from none.
std::string_view interface_of(const CppSymbol& type, const CppProgram& program, int depth) {
  constexpr int kMaxDepth = 16;  // and no endless walk through a class that derives from itself
  for (const CppNode* item : type.node->items) {
    if (item->kind != CppKind::Base || depth > kMaxDepth) continue;
    const std::string_view base = last_component(item->text);
    const CppSymbol own = program.class_named(base, type.file);
    if (own.node != nullptr && own.node != type.node) {
      if (const auto found = interface_of(own, program, depth + 1); !found.empty()) return found;
    }
    if (is_interface(base)) {
      return base;
    }
  }
  return {};
}

}  // namespace

std::vector<Patch> hook_overrides(const CppProgram& program) {
  std::vector<Patch> patches;
  for (const CppSymbol& type : program.all_classes()) {
    const std::string_view interface = interface_of(type, program, 0);
    if (interface.empty()) {
      continue;
    }
    std::unordered_set<std::string_view> seen;
    for (const CppNode* member : type.node->items) {
      if (!member->overrides || member->text.starts_with('~') ||
          !seen.insert(member->text).second) {
        continue;
      }
      Patch patch;
      patch.target = fmt::format("{}::{}", interface, member->text);
      patch.kind = PatchKind::Override;
      patch.file = type.file->path();
      patch.line = type.file->line(member->range.begin);
      patch.how = "override";
      patch.condition = type.file->condition(member->range.begin);
      patch.replacement = fmt::format("{}::{}", type.node->text, member->text);
      patch.comparison.verdict = Verdict::NotApplicable;
      patches.push_back(std::move(patch));
    }
  }
  return patches;
}

}  // namespace torchdevice::gap
