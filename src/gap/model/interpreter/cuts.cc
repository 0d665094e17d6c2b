#include <string>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

void Machine::cut(const Function* function, std::string_view why, Place place, bool certain) {
  if (!in_subject) return;
  const SourceRange range = function == nullptr ? place.range : function->place.range;
  const PythonFile* file = function == nullptr ? place.file : function->place.file;
  const auto [at, added] = cut_index_.try_emplace({file, range.begin}, cuts_.size());
  if (added) {
    cuts_.push_back({function, why, place, certain});
  } else if (certain && !cuts_[at->second].certain) {
    cuts_[at->second] = {function, why, place, certain};
  }
}

void Machine::cut_loop(std::size_t stores_before, Place place) {
  if (foreign_stores == stores_before) return;
  cut(call_stack.empty() ? nullptr : call_stack.back(), "a loop has more rounds than are followed",
      place, true);
}

void Machine::cut_package(Place place) {
  if (!in_subject || package_cut_) return;
  package_cut_ = true;
  table.add_problem(place.text() +
                    ": from here on calls and functions that nothing calls are not followed: the "
                    "package has more statements than are followed");
}

void Machine::report_cuts() {
  for (const Cut& cut : cuts_) {
    const Function* function = cut.function;
    if (!cut.certain && !storing_functions_.contains(function->definition)) continue;
    const std::string subject =
        function == nullptr ? std::string() : std::string(function->qualified_name) + "(): ";
    table.add_problem(cut.place.text() + ": " + subject + std::string(cut.why) +
                      "; patches that it makes may be missing");
  }
}

}  // namespace torchdevice::gap
