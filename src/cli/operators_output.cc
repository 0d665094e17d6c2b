#include "cli/operators_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/csv_writer.h"
#include "cli/json_output.h"
#include "cli/json_writer.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace torchdevice::cli {

namespace {

using gap::Operator;
using gap::Resolution;
using gap::ServedBy;

void write_signature(JsonWriter& json, const gap::FunctionSchema& schema) {
  json.list("arguments", schema.arguments, [&](const gap::OperatorArgument& argument) {
    json.begin_object();
    json.field("name", argument.name);
    json.field("type", argument.type);
    json.field("alias", argument.alias);
    json.optional_field("default", argument.default_value);
    json.flag("keyword_only", argument.keyword_only);
    json.flag("out", argument.out);
    json.end_object();
  });
  json.list("returns", schema.returns, [&](const gap::OperatorReturn& value) {
    json.begin_object();
    json.field("name", value.name);
    json.field("type", value.type);
    json.field("alias", value.alias);
    json.end_object();
  });
}

void write(JsonWriter& json, const Resolution& resolution) {
  json.begin_object();
  json.field("by", to_string(resolution.served_by));
  json.field("operator", resolution.owner == nullptr ? "" : resolution.owner->schema.full_name());
  json.field("key", resolution.kernel == nullptr ? "" : resolution.kernel->key);
  json.field("kernel", resolution.kernel == nullptr ? "" : resolution.kernel->name);
  json.end_object();
}

void write(JsonWriter& json, const gap::MpsRecord& record) {
  json.begin_object();
  json.field("opinfo", record.opinfo);
  json.field("list", record.list);
  json.field("modifier", record.modifier);
  json.flag("backward", record.backward);
  json.field("dtypes", record.dtypes);
  json.field("condition", record.condition);
  json.field("line", record.line);
  json.end_object();
}

void write_mps(JsonWriter& json, const OperatorsResult& result, const Operator& op) {
  json.key("mps");
  json.begin_object();
  json.field("by", to_string(result.operators.resolve(op, "MPS").served_by));
  json.list("records", result.mps.records_of(op),
            [&](const gap::MpsRecord* record) { write(json, *record); });
  json.end_object();
}

void write(JsonWriter& json, const OperatorsResult& result, const Operator& op) {
  json.begin_object();
  json.field("name", op.schema.name);
  json.field("overload", op.schema.overload);
  json.field("namespace", op.name_space);
  json.field("schema", op.schema.text());
  write_signature(json, op.schema);
  json.key("variants");
  json.begin_array();
  for (const auto& [has, variant] :
       {std::pair(op.is_function, "function"), std::pair(op.is_method, "method")}) {
    if (has) {
      json.value(variant);
    }
  }
  json.end_array();
  json.field("python_module", op.python_module);
  json.field("tags", op.tags);
  json.key("dispatch");
  json.begin_object();
  for (const gap::Kernel& kernel : op.kernels) {
    json.field(kernel.key, kernel.name);
  }
  json.end_object();
  json.flag("structured", op.structured);
  json.field("structured_delegate", op.structured_delegate);
  json.field("autogen", op.autogen);
  json.field("generated_from", op.generated_from);
  json.flag("device_check", op.device_check);
  json.key("resolved");
  json.begin_object();
  for (const std::string& key : result.keys) {
    json.key(key);
    write(json, result.operators.resolve(op, key));
  }
  json.end_object();
  write_mps(json, result, op);
  json.field("file", result.operators.path());
  json.field("line", op.line);
  json.end_object();
}

/// What a person reads: the kernel's name, or where it comes from.
std::string described(const Resolution& resolution) {
  switch (resolution.served_by) {
    case ServedBy::Nothing:
      return "-";
    case ServedBy::Own:
      return resolution.kernel->name;
    case ServedBy::Delegate:
      return fmt::format("{} (of {})", resolution.kernel->name,
                         resolution.owner->schema.full_name());
    case ServedBy::Composite:
      return resolution.kernel->key;
    case ServedBy::Generated:
      return "generated";
  }
  return {};
}

std::vector<std::string> problems(const OperatorsResult& result) {
  std::vector<std::string> all = result.operators.problems();
  all.insert(all.end(), result.mps.problems.begin(), result.mps.problems.end());
  return all;
}

}  // namespace

std::string to_json(const OperatorsResult& result) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", kSchemaVersion);
  json.key("torch");
  write_torch(json, result.torch);
  json.list("operators", result.shown, [&](const Operator* op) { write(json, result, *op); });
  json.key("mps");
  json.begin_object();
  json.field("file", result.mps.path);
  json.field("supported_complex", result.mps.complex);
  json.list("records", result.mps.records,
            [&](const gap::MpsRecord& record) { write(json, record); });
  json.list("opinfos", result.mps.opinfos, [&](const gap::OpInfoName& opinfo) {
    json.begin_object();
    json.field("name", opinfo.name);
    json.field("operator", opinfo.operator_name);
    json.end_object();
  });
  json.end_object();
  json.field("problems", problems(result));
  json.end_object();
  return out;
}

std::string to_csv(const OperatorsResult& result) {
  std::string out = "name,overload,schema,python_module,tags,generated_from,line";
  for (const std::string& key : result.keys) {
    out += fmt::format(",{0},{0} kernel", key);
  }
  out += ",mps_records\n";
  for (const Operator* op : result.shown) {
    std::string row;
    write_csv_row(row, {op->schema.name, op->schema.overload, op->schema.text(), op->python_module,
                        fmt::format("{}", fmt::join(op->tags, " ")), op->generated_from,
                        std::to_string(op->line)});
    row.pop_back();
    for (const std::string& key : result.keys) {
      const Resolution resolution = result.operators.resolve(*op, key);
      row += fmt::format(",{},{}", to_string(resolution.served_by),
                         resolution.kernel == nullptr ? "" : resolution.kernel->name);
    }
    std::set<std::string> lists;
    for (const gap::MpsRecord* record : result.mps.records_of(*op)) {
      lists.insert(record->list);
    }
    out += fmt::format("{},{}\n", row, fmt::join(lists, " "));
  }
  return out;
}

std::string to_text(const OperatorsResult& result, bool colour) {
  const Paint paint(colour);
  std::string out = fmt::format("PyTorch {}: {} of {} operators\n", result.torch.version,
                                result.shown.size(), result.operators.all().size());
  Table table;
  std::vector<Cell> heading = {{"", kHeading}};
  for (const std::string& key : result.keys) {
    const auto served = std::ranges::count_if(result.shown, [&](const Operator* op) {
      return static_cast<bool>(result.operators.resolve(*op, key));
    });
    heading.push_back({fmt::format("{} ({})", key, served), kHeading});
  }
  table.add(std::move(heading));
  for (const Operator* op : result.shown) {
    std::vector<Cell> cells = {{op->schema.full_name(), kAccent}};
    for (const std::string& key : result.keys) {
      const Resolution resolution = result.operators.resolve(*op, key);
      const bool composite = resolution.served_by == ServedBy::Composite;
      cells.push_back({described(resolution), !resolution ? kBad : composite ? kQuiet : kPlain});
    }
    table.add(std::move(cells));
  }
  table.print(out, paint, "  ");
  for (const std::string& problem : problems(result)) {
    out += paint(kDoubtful, problem) + '\n';
  }
  return out;
}

}  // namespace torchdevice::cli
