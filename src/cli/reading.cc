#include "cli/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <system_error>

#include "cli/progress.h"
#include "gap/model/cache/cache.h"

namespace torchdevice::cli {

namespace {

/// The result kept under `key`, or what `read` gives, which is kept then.
template <typename Result, typename Read>
Result kept_or_read(const gap::CacheKey& key, const AnalyzerOptions& options, Read read) {
  const std::string folder = options.no_cache ? "" : gap::Cache::default_folder();
  if (folder.empty()) {
    return read();
  }
  const gap::Cache cache(folder);
  if (std::optional<Result> kept = cache.find<Result>(key)) {
    return *std::move(kept);
  }
  Result result = read();
  try {
    cache.keep(key, result);
  } catch (const std::system_error& error) {
    std::cerr << "torchdevice: note: the result is not kept for next time: " << error.what()
              << " (--no-cache does not try)\n";
  }
  return result;
}

}  // namespace

gap::TorchSource torch_of(const AnalyzerOptions& options, const Tool& tool) {
  return gap::open_torch(options.torch, options.expect, tool.path.parent_path().string());
}

gap::Surface surface_of(const gap::TorchSource& torch, const gap::Scope& scope,
                        const AnalyzerOptions& options, const Tool& tool) {
  gap::CacheKey key(tool.fingerprint());
  key.add(*torch.tree);
  key.add(scope.everything ? "all" : "scope");
  for (const gap::ScopeEntry& entry : scope.entries) {
    key.add(fmt::format("{} {} {}", entry.name, entry.priority, entry.submodules));
  }
  return kept_or_read<gap::Surface>(key, options, [&] {
    const Progress progress(fmt::format("reading PyTorch {}", torch.identity.version));
    return gap::read_surface(torch, scope, options.threads);
  });
}

gap::Overlay overlay_of(const std::string& subject, const gap::TorchSource& torch,
                        const AnalyzerOptions& options, const Tool& tool) {
  gap::CacheKey key(tool.fingerprint());
  key.add(subject);
  key.add(*gap::SourceTree::open(subject));
  key.add(*torch.tree);
  return kept_or_read<gap::Overlay>(key, options, [&] {
    const Progress progress(fmt::format("reading {}", subject));
    return gap::read_overlay(subject, torch, options.threads);
  });
}

void warn(const std::vector<std::string>& problems) {
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(kShown, problems.size()); ++i) {
    std::cerr << "torchdevice: note: " << problems[i] << '\n';
  }
  if (problems.size() > kShown) {
    std::cerr << fmt::format("torchdevice: note: and {} more; --format json has them all\n",
                             problems.size() - kShown);
  }
}

}  // namespace torchdevice::cli
