#include "gap/model/overlay/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "gap/model/backend/backend.h"
#include "gap/model/operators/operators.h"
#include "gap/model/overlay/patch_reader.h"
#include "gap/model/overlay/text_programs.h"

namespace torchdevice::gap {
namespace {

bool has_extension(const SourceTree& tree, std::initializer_list<std::string_view> extensions) {
  return std::any_of(tree.entries().begin(), tree.entries().end(), [&](const SourceEntry& entry) {
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](std::string_view extension) { return entry.path.ends_with(extension); });
  });
}

/// Nothing where the PyTorch read has none: then signatures of C functions come from stubs alone.
std::optional<Operators> operators_of(const SourceTree& torch, Overlay& overlay) {
  try {
    return load_operators(torch);
  } catch (const ReadError& error) {
    overlay.problems.emplace_back(error.what());
    return std::nullopt;
  }
}

template <typename T>
void append(std::vector<T> from, std::vector<T>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void read_python(const SourceTree& subject, const TorchSource& torch, unsigned threads,
                 Overlay& overlay) {
  const std::optional<Operators> operators = operators_of(*torch.tree, overlay);
  Interpreter interpreter({.threads = threads});
  interpreter.add(*torch.tree, Role::Library);
  interpreter.add(subject, Role::Subject);
  PatchReader reader(interpreter, operators ? &*operators : nullptr);
  reader.read(interpreter.stores());
  overlay.patches = std::move(reader.patches);
  overlay.unknown = std::move(reader.unknown);
  append(programs_in_text(subject), overlay.unknown);
  const auto& problems = interpreter.problems();
  overlay.problems.insert(overlay.problems.end(), problems.begin(), problems.end());
}

}  // namespace

std::string_view to_string(PatchKind kind) {
  switch (kind) {
    case PatchKind::Replace:
      return "replace";
    case PatchKind::Wrap:
      return "wrap";
    case PatchKind::Mock:
      return "mock";
    case PatchKind::Add:
      return "add";
    case PatchKind::Delete:
      return "delete";
    case PatchKind::ModuleSwap:
      return "module_swap";
    case PatchKind::Binding:
      return "binding";
    case PatchKind::Kernel:
      return "kernel";
    case PatchKind::Fallback:
      return "fallback";
    case PatchKind::Override:
      return "override";
  }
  return {};
}

Overlay read_overlay(const std::string& subject, const TorchSource& torch, unsigned threads) {
  const std::unique_ptr<SourceTree> tree = SourceTree::open(subject);
  Overlay overlay;
  overlay.subject = subject;
  overlay.torch = torch.identity;
  overlay.problems = tree->problems();
  if (has_extension(*tree, {".py"})) {
    read_python(*tree, torch, threads, overlay);
  }
  if (has_extension(*tree, {".c", ".cc", ".cpp", ".cxx", ".cu", ".mm", ".h", ".hh", ".hpp"})) {
    Backend backend = read_backend(*tree, *torch.tree, threads);
    append(std::move(backend.patches), overlay.patches);
    append(std::move(backend.unknown), overlay.unknown);
    append(std::move(backend.problems), overlay.problems);
  }
  return overlay;
}

}  // namespace torchdevice::gap
