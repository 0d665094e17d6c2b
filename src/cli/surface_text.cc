#include "cli/surface_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "cli/table.h"
#include "gap/model/dotted_name.h"

namespace torchdevice::cli {

namespace {

using gap::NameKind;
using gap::SurfaceName;

/// The module that a name is listed under: classes are listed in theirs, with their members.
std::string_view module_of(const gap::Surface& surface, const SurfaceName& name) {
  if (name.kind == NameKind::Module) {
    return name.name;
  }
  std::string_view module = gap::owner_of(name.name);
  bool member = name.public_by == gap::PublicBy::Member;
  while (true) {
    const SurfaceName* parent = surface.find(module);
    if (parent == nullptr ? !member : parent->kind == NameKind::Module) {
      return module;
    }
    member = parent != nullptr && parent->public_by == gap::PublicBy::Member;
    module = gap::owner_of(module);
  }
}

fmt::text_style style_of(NameKind kind) {
  return kind == NameKind::Class || kind == NameKind::Function || kind == NameKind::Builtin
             ? kAccent
             : kPlain;
}

std::string place(const std::string& file, std::uint32_t line) {
  return line == 0 ? file : fmt::format("{}:{}", file, line);
}

/// What stands beside a name: its signature, what it is another name of, that it is deprecated.
std::string remark(const SurfaceName& name) {
  std::string text;
  if (!name.signatures.empty()) {
    text = name.signatures.front().text();
  } else if (!name.alias_of.empty()) {
    text = "= " + name.alias_of;
  }
  if (!name.deprecated.empty()) {
    text += text.empty() ? "(deprecated)" : "  (deprecated)";
  }
  if (!name.condition.empty()) {
    text += fmt::format("{}(if {})", text.empty() ? "" : "  ", name.condition);
  }
  return text;
}

void add_rows(Table& table, const SurfaceName& name, std::string_view module) {
  std::string_view within = name.name;
  if (within.size() > module.size() + 1 && !module.empty()) {
    within.remove_prefix(module.size() + 1);
  }
  table.add({{std::string(gap::to_string(name.kind)), kQuiet},
             {std::string(within), style_of(name.kind)},
             {place(name.file, name.line), kQuiet},
             {remark(name), name.deprecated.empty() ? kPlain : kDoubtful}});
  for (std::size_t i = 1; i < name.signatures.size(); ++i) {
    table.add({{""}, {""}, {""}, {name.signatures[i].text()}});
  }
}

std::string summary(const gap::Surface& surface) {
  std::map<std::string_view, std::size_t> kinds;
  for (const SurfaceName& name : surface.names) {
    ++kinds[gap::to_string(name.kind)];
  }
  std::string text =
      fmt::format("PyTorch {}: {} names", describe(surface.torch), surface.names.size());
  for (const auto& [kind, count] : kinds) {
    text += fmt::format(", {} {}", count, kind);
  }
  text += fmt::format("; {} unknown", surface.unknown.size());
  if (!surface.problems.empty()) {
    text += fmt::format("; {} problems", surface.problems.size());
  }
  return text;
}

}  // namespace

std::string describe(const gap::TorchIdentity& torch) {
  std::vector<std::string> tags;
  for (const std::string& tag : {torch.platform, torch.python}) {
    if (!tag.empty()) {
      tags.push_back(tag);
    }
  }
  return tags.empty() ? torch.version
                      : fmt::format("{} ({})", torch.version, fmt::join(tags, ", "));
}

std::string to_text(const gap::Surface& surface, const Paint& paint) {
  std::string out = paint(kHeading, summary(surface)) + "\n";
  std::map<std::string_view, Table> modules;
  for (const SurfaceName& name : surface.names) {
    const std::string_view module = module_of(surface, name);
    Table& table = modules[module];
    if (name.kind != NameKind::Module) {
      add_rows(table, name, module);
    }
  }
  for (const auto& [module, table] : modules) {
    if (!table.empty()) {
      out += fmt::format("\n{}\n", paint(kHeading, module));
      table.print(out, paint, "  ");
    }
  }
  if (!surface.unknown.empty()) {
    Table table;
    for (const gap::UnknownName& name : surface.unknown) {
      table.add({{name.name, kDoubtful}, {name.place, kQuiet}, {name.reason}});
    }
    out += fmt::format("\n{}\n", paint(kHeading, "What sources do not tell"));
    table.print(out, paint, "  ");
  }
  return out;
}

}  // namespace torchdevice::cli
