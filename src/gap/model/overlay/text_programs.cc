#include "gap/model/overlay/text_programs.h"

#include "gap/model/interpreter/value.h"
#include "gap/model/overlay/python_walk.h"

namespace torchdevice::gap {
namespace {

void add_programs(const PythonFile& file, std::vector<UnknownPatch>& programs) {
  const auto find_call = [&](const Expr& part) {
    if (part.kind == ExprKind::Call && part.items[0]->kind == ExprKind::Name &&
        part.items[0]->text == "exec") {
      programs.push_back({"what exec(…) does to PyTorch", "it runs text as a program",
                          Place{&file, part.range}.text()});
    }
  };
  each_statement(file.statements(), file, [&](const Stmt& statement) {
    each_expression(statement, [&](const Expr* expression) { each_part(expression, find_call); });
  });
}

}  // namespace

std::vector<UnknownPatch> programs_in_text(const SourceTree& subject) {
  std::vector<UnknownPatch> programs;
  for (const SourceEntry& entry : subject.entries()) {
    if (!entry.path.ends_with(".py")) continue;
    std::string text;
    try {
      text = subject.read(entry);
    } catch (const ReadError&) {
      continue;  // the interpreter reports it
    }
    if (text.find("exec(") != std::string::npos && text.find("torch") != std::string::npos) {
      add_programs(*PythonFile::parse(entry.path, std::move(text), Bodies::Parsed), programs);
    }
  }
  return programs;
}

}  // namespace torchdevice::gap
