#include "gap/model/operators/mps_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

constexpr std::string_view kLists = "torch/testing/_internal/common_mps.py";
constexpr std::string_view kOpInfos = "torch/testing/_internal/common_methods_invocations.py";
constexpr std::string_view kMoreOpInfos = "torch/testing/_internal/opinfo/definitions/";
constexpr std::string_view kTable = "op_db";
constexpr std::string_view kComplex = "SUPPORTED_COMPLEX_OPS";

/// The name and value of `NAME = value` or `NAME: T = value`.
std::optional<std::pair<std::string_view, const Expr*>> assignment(const Stmt& statement) {
  const auto* assign = std::get_if<Assign>(&statement.node);
  if (assign == nullptr || assign->targets.size() != 1 || assign->value == nullptr ||
      !assign->op.empty() || assign->targets[0]->kind != ExprKind::Name) {
    return std::nullopt;
  }
  return std::pair(assign->targets[0]->text, assign->value);
}

/// `torch.int8` as written; empty for another expression.
std::string dotted(const Expr& expr) {
  if (expr.kind == ExprKind::Name) {
    return std::string(expr.text);
  }
  if (expr.kind != ExprKind::Attribute) {
    return {};
  }
  const std::string owner = dotted(*expr.items[0]);
  return owner.empty() ? owner : fmt::format("{}.{}", owner, expr.text);
}

class ListReader {
 public:
  ListReader(const PythonFile& file, MpsSupport& support) : file_(file), support_(support) {}

  /// Functions stand under `if torch.backends.mps.is_available():`.
  void read(Block block) {
    for (const Stmt& statement : block) {
      if (const auto* branch = std::get_if<If>(&statement.node)) {
        read(branch->body);
      } else if (const auto* function = std::get_if<FunctionDef>(&statement.node)) {
        if (function->name.starts_with("mps_ops")) {
          modifier_ = function->name;
          read_lists(file_.body(*function));
        }
      }
    }
  }

 private:
  void read_lists(Block body) {
    for (const Stmt& statement : body) {
      const auto assigned = assignment(statement);
      if (!assigned) {
        continue;
      }
      const auto& [name, value] = *assigned;
      if (name == kComplex && value->kind == ExprKind::Set) {
        for (const Expr* item : value->items) {
          if (item->kind == ExprKind::String) {
            support_.complex.emplace_back(item->text);
          } else {
            problem(*item, name);
          }
        }
      } else if (name.find("LIST") != std::string_view::npos) {
        read_list(name, *value);
      }
    }
  }

  void read_list(std::string_view name, const Expr& value) {
    if (value.kind == ExprKind::Set) {
      for (const Expr* item : value.items) {
        add(name, *item, nullptr);
      }
    } else if (value.kind == ExprKind::Dict) {
      for (std::size_t at = 0; at + 1 < value.items.size(); at += 2) {
        add(name, *value.items[at], value.items[at + 1]);
      }
    } else {
      problem(value, name);
    }
  }

  void add(std::string_view list, const Expr& key, const Expr* dtypes) {
    if (dtypes != nullptr && dtypes->kind == ExprKind::IfExp) {
      const std::string_view condition = file_.text(dtypes->items[0]->range);
      add(list, key, dtypes->items[1], std::string(condition));
      add(list, key, dtypes->items[2], fmt::format("not ({})", condition));
    } else {
      add(list, key, dtypes, {});
    }
  }

  void add(std::string_view list, const Expr& key, const Expr* dtypes, std::string condition) {
    MpsRecord record;
    record.opinfo = key.text;
    record.list = list;
    record.modifier = modifier_;
    record.backward = modifier_.find("grad") != std::string::npos;
    record.condition = std::move(condition);
    record.line = file_.line(key.range.begin);
    if (key.kind != ExprKind::String || !read_dtypes(dtypes, record.dtypes)) {
      problem(key, list);
    } else {
      support_.records.push_back(std::move(record));
    }
  }

  static bool read_dtypes(const Expr* value, std::vector<std::string>& dtypes) {
    if (value == nullptr || value->kind == ExprKind::None) {
      return true;
    }
    if (value->kind != ExprKind::List) {
      return false;
    }
    for (const Expr* item : value->items) {
      dtypes.push_back(dotted(*item));
    }
    return !dtypes.empty() && std::ranges::find(dtypes, "") == dtypes.end();
  }

  void problem(const Expr& expr, std::string_view list) {
    support_.problems.push_back(fmt::format("{}:{}: an entry of {} is no plain literal",
                                            file_.path(), file_.line(expr.range.begin), list));
  }

  const PythonFile& file_;
  MpsSupport& support_;
  std::string modifier_;
};

std::string keyword_text(const Expr& call, std::string_view name) {
  for (const Expr* argument : call.items) {
    if (argument->kind == ExprKind::Keyword && argument->text == name &&
        argument->items[0]->kind == ExprKind::String) {
      return std::string(argument->items[0]->text);
    }
  }
  return {};
}

/// "linalg.eig" is about `linalg_eig`, "nn.functional.relu" about `relu`.
std::string operator_name(std::string name) {
  constexpr std::string_view kFunctional = "nn.functional.";
  if (name.starts_with(kFunctional)) {
    name.erase(0, kFunctional.size());
  }
  std::ranges::replace(name, '.', '_');
  return name;
}

/// Reads `op_db: list[OpInfo] = [OpInfo("add", …), make_window(name="hann", …), …]`.
class OpInfoReader {
 public:
  OpInfoReader(const PythonFile& file, MpsSupport& support) : file_(file), support_(support) {}

  void read() {
    for (const Stmt& statement : file_.statements()) {
      const auto assigned = assignment(statement);
      if (assigned && assigned->first == kTable && assigned->second->kind == ExprKind::List) {
        for (const Expr* item : assigned->second->items) {
          read_item(*item);
        }
      }
    }
  }

 private:
  void read_item(const Expr& item) {
    const bool other_table = item.kind == ExprKind::Starred &&
                             item.items[0]->kind == ExprKind::Attribute &&
                             item.items[0]->text == kTable;
    const std::string name = item.kind == ExprKind::Call ? name_of(item) : "";
    if (other_table) {
      return;
    }
    if (name.empty()) {
      support_.problems.push_back(fmt::format("{}:{}: an entry of {} without a literal name",
                                              file_.path(), file_.line(item.range.begin), kTable));
      return;
    }
    const std::string aten = keyword_text(item, "aten_name");
    support_.opinfos.push_back({name + keyword_text(item, "variant_test_name"),
                                operator_name(aten.empty() ? name : aten)});
  }

  /// The name that a call of a class is given, or that a function of the file gives to one.
  std::string name_of(const Expr& call) const {
    if (call.items.size() > 1 && call.items[1]->kind == ExprKind::String) {
      return std::string(call.items[1]->text);
    }
    if (std::string name = keyword_text(call, "name"); !name.empty()) {
      return name;
    }
    for (const Stmt& statement : file_.statements()) {
      const auto* function = std::get_if<FunctionDef>(&statement.node);
      if (function != nullptr && call.items[0]->kind == ExprKind::Name &&
          function->name == call.items[0]->text) {
        return returned_name(*function);
      }
    }
    return {};
  }

  std::string returned_name(const FunctionDef& function) const {
    for (const Stmt& statement : file_.body(function)) {
      const auto* result = std::get_if<Return>(&statement.node);
      if (result != nullptr && result->value != nullptr && result->value->kind == ExprKind::Call &&
          result->value->items.size() > 1 && result->value->items[1]->kind == ExprKind::String) {
        return std::string(result->value->items[1]->text);
      }
    }
    return {};
  }

  const PythonFile& file_;
  MpsSupport& support_;
};

std::unique_ptr<PythonFile> parse(const SourceTree& tree, const SourceEntry& entry) {
  return PythonFile::parse(entry.path, tree.read(entry), Bodies::Elided);
}

}  // namespace

std::vector<const MpsRecord*> MpsSupport::records_of(const Operator& op) const {
  const std::string base = parse_base_name(op.schema.name).base;
  std::set<std::string_view> names;
  for (auto opinfo = std::ranges::lower_bound(opinfos, base, {}, &OpInfoName::operator_name);
       opinfo != opinfos.end() && opinfo->operator_name == base; ++opinfo) {
    names.insert(opinfo->name);
  }
  std::vector<const MpsRecord*> found;
  for (const MpsRecord& record : records) {
    if (!names.empty() && names.contains(record.opinfo)) {
      found.push_back(&record);
    }
  }
  return found;
}

MpsSupport load_mps_support(const SourceTree& tree) {
  MpsSupport support;
  support.path = kLists;
  const SourceEntry* lists = tree.find(kLists);
  if (lists == nullptr) {
    support.problems.push_back(fmt::format("{}: has no {}", tree.location(), kLists));
    return support;
  }
  const std::unique_ptr<PythonFile> file = parse(tree, *lists);
  ListReader(*file, support).read(file->statements());
  std::ranges::sort(support.complex);
  for (const SourceEntry& entry : tree.entries()) {
    if (entry.path == kOpInfos ||
        (entry.path.starts_with(kMoreOpInfos) && entry.path.ends_with(".py"))) {
      OpInfoReader(*parse(tree, entry), support).read();
    }
  }
  std::ranges::sort(support.opinfos, {}, &OpInfoName::operator_name);
  return support;
}

}  // namespace torchdevice::gap
