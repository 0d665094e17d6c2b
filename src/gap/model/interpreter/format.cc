#include <string>

#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/numbers.h"
#include "gap/model/interpreter/version_order.h"

namespace torchdevice::gap {

bool Machine::to_text(Value* value, std::string& into) {
  value = force(value);
  if (const auto text = version_text(value)) {
    into += *text;
    return true;
  }
  const auto* constant = value->as<Constant>();
  if (constant == nullptr || constant->kind == Constant::Kind::Bytes) return false;
  if (const auto number = integer(value); number && constant->kind == Constant::Kind::Number) {
    into += std::to_string(*number);
  } else if (constant->kind == Constant::Kind::Ellipsis) {
    into += "Ellipsis";
  } else {
    into += constant->text;
  }
  return true;
}

Value* Machine::percent_format(std::string_view format, Value* values, Place place) {
  const auto* tuple = values->as<Sequence>();
  auto* dict = values->as<Dict>();
  const bool several = tuple != nullptr && tuple->kind == Sequence::Kind::Tuple;
  std::size_t next = 0;
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    if (++i == format.size()) return unknown("a format that is cut off", place);
    if (format[i] == '%') {
      text += '%';
      continue;
    }
    Value* value = nullptr;
    if (format[i] == '(' && dict != nullptr) {
      const std::size_t close = format.find(')', i);
      if (close == std::string_view::npos) return unknown("a format that is cut off", place);
      value = dict_get(*dict, string(format.substr(i + 1, close - i - 1)));
      i = close + 1;
    } else if (several) {
      if (next < tuple->items.size()) value = tuple->items[next];
      ++next;
    } else {
      value = next++ == 0 ? values : nullptr;
    }
    if (value == nullptr || i >= format.size() || (format[i] != 's' && format[i] != 'd') ||
        !to_text(value, text)) {
      return unknown("a string of which a part is not known: " +
                         std::string(value == nullptr ? "too few values" : why_unknown(value)),
                     place);
    }
  }
  return string(text);
}

Value* Machine::format_method(std::string_view format, const Arguments& arguments, Place place) {
  std::size_t next = 0;
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '{' && format[i] != '}') {
      text += format[i];
      continue;
    }
    if (i + 1 < format.size() && format[i + 1] == format[i]) {
      text += format[i++];
      continue;
    }
    const std::size_t close = format.find('}', i);
    if (close == std::string_view::npos) return unknown("a format that is cut off", place);
    const std::string_view field = format.substr(i + 1, close - i - 1);
    i = close;
    Value* value = nullptr;
    if (field.empty()) {
      value = arguments.get(next++, {});
    } else if (field[0] >= '0' && field[0] <= '9') {
      value = arguments.get(static_cast<std::size_t>(field[0] - '0'), {});
      if (field.size() > 1) value = nullptr;
    } else {
      value = arguments.get(arguments.positional.size(), field);
    }
    if (value == nullptr || !to_text(value, text)) {
      return unknown("a string of which a part is not known: " +
                         std::string(value == nullptr ? field : why_unknown(value)),
                     place);
    }
  }
  return string(text);
}

}  // namespace torchdevice::gap
