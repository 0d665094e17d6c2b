#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_map>

#include "gap/model/interpreter/numbers.h"
#include "gap/model/interpreter/standard_library.h"
#include "gap/model/interpreter/version_order.h"

namespace torchdevice::gap {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\f\v";

/// The string that the method belongs to: `text.m()`, or `str.m(text)`.
std::string_view self_text(const BuiltinCall& call) { return *version_text(call.self); }

/// The string argument at `i`; null where it is not known.
const std::string_view* text_argument(Machine& machine, BuiltinCall& call, std::size_t i) {
  if (i >= call.arguments.positional.size()) return nullptr;
  return machine.force(call.arguments.positional[i])->string();
}

Value* not_known(Machine& machine, BuiltinCall& call) {
  for (Value* argument : call.arguments.positional) {
    argument = machine.force(argument);
    if (argument->as<Unknown>() != nullptr) return argument;
  }
  return machine.unknown("a string made from what is not known", call.place);
}

template <int (*convert)(int)>
Value* map_characters(Machine& machine, BuiltinCall& call) {
  std::string text(self_text(call));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c < 128 ? static_cast<char>(convert(c)) : static_cast<char>(c);
  });
  return machine.string(text);
}

Value* capitalize(Machine& machine, BuiltinCall& call) {
  std::string text(self_text(call));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 128) text[i] = static_cast<char>(i == 0 ? std::toupper(c) : std::tolower(c));
  }
  return machine.string(text);
}

template <bool front, bool back>
Value* strip(Machine& machine, BuiltinCall& call) {
  const std::string_view* given = text_argument(machine, call, 0);
  if (given == nullptr && !call.arguments.positional.empty()) return not_known(machine, call);
  const std::string_view characters = given == nullptr ? kSpaces : *given;
  std::string_view text = self_text(call);
  if (front) text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  if (back) text = text.substr(0, text.find_last_not_of(characters) + 1);
  return machine.string(text);
}

template <bool at_end>
Value* starts_or_ends(Machine& machine, BuiltinCall& call) {
  if (call.arguments.positional.size() != 1) return not_known(machine, call);
  Value* argument = machine.force(call.arguments.positional[0]);
  const std::string_view text = self_text(call);
  const auto fits = [&](std::string_view part) {
    return at_end ? text.ends_with(part) : text.starts_with(part);
  };
  if (argument->string() != nullptr) return machine.boolean(fits(*argument->string()));
  const auto* several = argument->as<Sequence>();
  if (several == nullptr) return not_known(machine, call);
  bool known = several->complete;
  for (Value* part : several->items) {
    const std::string_view* one = machine.force(part)->string();
    if (one == nullptr) {
      known = false;
    } else if (fits(*one)) {
      return machine.boolean(true);
    }
  }
  return known ? machine.boolean(false) : not_known(machine, call);
}

template <bool at_end>
Value* remove_affix(Machine& machine, BuiltinCall& call) {
  const std::string_view* part = text_argument(machine, call, 0);
  if (part == nullptr) return not_known(machine, call);
  std::string_view text = self_text(call);
  if (at_end && text.ends_with(*part)) text.remove_suffix(part->size());
  if (!at_end && text.starts_with(*part)) text.remove_prefix(part->size());
  return machine.string(text);
}

Value* replace(Machine& machine, BuiltinCall& call) {
  const std::string_view* from = text_argument(machine, call, 0);
  const std::string_view* to = text_argument(machine, call, 1);
  if (from == nullptr || to == nullptr || from->empty()) return not_known(machine, call);
  std::int64_t left = -1;
  if (call.arguments.positional.size() > 2) {
    left = integer(machine.force(call.arguments.positional[2])).value_or(-1);
  }
  const std::string_view text = self_text(call);
  std::string result;
  std::size_t at = 0;
  for (std::size_t hit; left-- != 0 && (hit = text.find(*from, at)) != std::string_view::npos;) {
    result.append(text.substr(at, hit - at)).append(*to);
    at = hit + from->size();
  }
  return machine.string(result.append(text.substr(at)));
}

Value* join(Machine& machine, BuiltinCall& call) {
  if (call.arguments.positional.size() != 1) return not_known(machine, call);
  const Sequence parts = machine.iterate(call.arguments.positional[0], call.place);
  if (!parts.complete) return machine.unknown("a join of what is not known", call.place);
  std::string text;
  for (std::size_t i = 0; i < parts.items.size(); ++i) {
    const std::string_view* part = machine.force(parts.items[i])->string();
    if (part == nullptr) return machine.unknown("a join of what is not known", call.place);
    text.append(i == 0 ? std::string_view() : self_text(call)).append(*part);
  }
  return machine.string(text);
}

std::vector<std::string_view> pieces(std::string_view text, std::string_view separator,
                                     std::int64_t limit, bool from_right) {
  std::vector<std::string_view> found;
  if (separator.empty()) {
    for (std::size_t at = text.find_first_not_of(kSpaces); at != std::string_view::npos;) {
      const std::size_t end = text.find_first_of(kSpaces, at);
      found.push_back(text.substr(at, end - at));
      at = end == std::string_view::npos ? end : text.find_first_not_of(kSpaces, end);
    }
    return found;
  }
  while (limit-- != 0) {
    const std::size_t at = from_right ? text.rfind(separator) : text.find(separator);
    if (at == std::string_view::npos) break;
    const std::string_view before = text.substr(0, at);
    const std::string_view after = text.substr(at + separator.size());
    found.push_back(from_right ? after : before);
    text = from_right ? before : after;
  }
  found.push_back(text);
  if (from_right) std::reverse(found.begin(), found.end());
  return found;
}

template <bool from_right>
Value* split(Machine& machine, BuiltinCall& call) {
  const Value* separator = call.arguments.get(0, "sep");
  if (separator != nullptr && separator->string() == nullptr) return not_known(machine, call);
  std::int64_t limit = -1;
  if (Value* given = call.arguments.get(1, "maxsplit")) {
    limit = integer(machine.force(given)).value_or(-1);
  }
  std::vector<Value*> items;
  for (const std::string_view piece :
       pieces(self_text(call), separator == nullptr ? std::string_view() : *separator->string(),
              limit, from_right)) {
    items.push_back(machine.string(piece));
  }
  return machine.list(std::move(items));
}

Value* split_lines(Machine& machine, BuiltinCall& call) {
  std::vector<Value*> items;
  for (const std::string_view piece : pieces(self_text(call), "\n", -1, false)) {
    items.push_back(machine.string(piece));
  }
  if (!items.empty() && items.back()->string()->empty()) items.pop_back();
  return machine.list(std::move(items));
}

template <bool from_right>
Value* partition(Machine& machine, BuiltinCall& call) {
  const std::string_view* separator = text_argument(machine, call, 0);
  if (separator == nullptr || separator->empty()) return not_known(machine, call);
  const std::string_view text = self_text(call);
  const std::size_t at = from_right ? text.rfind(*separator) : text.find(*separator);
  std::vector<Value*> items;
  if (at == std::string_view::npos) {
    for (const bool whole : {!from_right, false, from_right}) {
      items.push_back(machine.string(whole ? text : std::string_view()));
    }
  } else {
    items = {machine.string(text.substr(0, at)), machine.string(*separator),
             machine.string(text.substr(at + separator->size()))};
  }
  return machine.list(std::move(items), Sequence::Kind::Tuple);
}

Value* find(Machine& machine, BuiltinCall& call) {
  const std::string_view* part = text_argument(machine, call, 0);
  if (part == nullptr) return not_known(machine, call);
  const std::size_t at = self_text(call).find(*part);
  return machine.number(at == std::string_view::npos ? -1 : static_cast<std::int64_t>(at));
}

Value* format(Machine& machine, BuiltinCall& call) {
  return machine.format_method(self_text(call), call.arguments, call.place);
}

template <int (*is)(int)>
Value* all_are(Machine& machine, BuiltinCall& call) {
  const std::string_view text = self_text(call);
  return machine.boolean(!text.empty() && std::all_of(text.begin(), text.end(),
                                                      [](unsigned char c) { return is(c) != 0; }));
}

Value* is_identifier(Machine& machine, BuiltinCall& call) {
  const std::string_view text = self_text(call);
  return machine.boolean(!text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
                         std::all_of(text.begin(), text.end(), [](unsigned char c) {
                           return c >= 128 || c == '_' || std::isalnum(c) != 0;
                         }));
}

}  // namespace

Builtin find_string_method(std::string_view path) {
  static const std::unordered_map<std::string_view, Builtin> kMethods = {
      {"capitalize", capitalize},
      {"endswith", starts_or_ends<true>},
      {"find", find},
      {"format", format},
      {"isalnum", all_are<std::isalnum>},
      {"isalpha", all_are<std::isalpha>},
      {"isdigit", all_are<std::isdigit>},
      {"isidentifier", is_identifier},
      {"islower", all_are<std::islower>},
      {"isupper", all_are<std::isupper>},
      {"join", join},
      {"lower", map_characters<std::tolower>},
      {"lstrip", strip<true, false>},
      {"partition", partition<false>},
      {"removeprefix", remove_affix<false>},
      {"removesuffix", remove_affix<true>},
      {"replace", replace},
      {"rpartition", partition<true>},
      {"rsplit", split<true>},
      {"rstrip", strip<false, true>},
      {"split", split<false>},
      {"splitlines", split_lines},
      {"startswith", starts_or_ends<false>},
      {"strip", strip<true, true>},
      {"upper", map_characters<std::toupper>},
  };
  if (path.starts_with("builtins.")) path.remove_prefix(9);
  if (!path.starts_with("str.")) return nullptr;
  const auto at = kMethods.find(path.substr(4));
  return at == kMethods.end() ? nullptr : at->second;
}

}  // namespace torchdevice::gap
