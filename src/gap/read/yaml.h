#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torchdevice::gap {

struct YamlMember;

/// A node of a YAML document. Scalars are kept as text: nothing is turned into a number or a
/// boolean.
struct YamlNode {
  enum class Kind : std::uint8_t { Scalar, List, Map };

  Kind kind = Kind::Scalar;
  std::uint32_t line = 0;  ///< from 1
  std::string scalar;
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  ///< in the file's order

  bool is_scalar() const { return kind == Kind::Scalar; }
  bool is_list() const { return kind == Kind::List; }
  bool is_map() const { return kind == Kind::Map; }

  /// The member of a map; null where there is none.
  const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  std::string key;
  YamlNode value;
};

inline constexpr unsigned kMaxYamlDepth = 64;

/// Reads a file of one document, in the part of YAML that tables of operators are written in: no
/// anchors, aliases or tags, keys are scalars and stand once in a map, nesting up to kMaxYamlDepth.
/// Memory is bounded by a small multiple of the text.
/// Throws ReadError with `path`, which is only for messages, line and what is wrong.
YamlNode parse_yaml(std::string_view path, std::string_view text);

}  // namespace torchdevice::gap
