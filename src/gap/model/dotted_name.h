#pragma once

#include <string_view>

/// Names such as `torch.cuda.Stream`.
namespace torchdevice::gap {

/// "torch.cuda" of "torch.cuda.Stream"; empty where there is no dot.
constexpr std::string_view owner_of(std::string_view dotted) {
  const std::size_t dot = dotted.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : dotted.substr(0, dot);
}

/// "Stream" of "torch.cuda.Stream"; the whole where there is no dot.
constexpr std::string_view simple_name(std::string_view dotted) {
  return dotted.substr(dotted.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace torchdevice::gap
