#include "gap/read/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>

#include "gap/read/source_tree.h"
#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

/// One event of libyaml's parser.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }
  std::uint32_t line() const { return static_cast<std::uint32_t>(event_.start_mark.line) + 1; }

 private:
  yaml_event_t event_ = {};
};

class Reader {
 public:
  Reader(std::string_view path, std::string_view text) : path_(path) {
    if (yaml_parser_initialize(&parser_) == 0) {
      throw std::bad_alloc();
    }
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  YamlNode document() {
    expect(YAML_STREAM_START_EVENT);
    expect(YAML_DOCUMENT_START_EVENT);
    Event event;
    next(event);
    YamlNode root = node(event, 0);
    expect(YAML_DOCUMENT_END_EVENT);
    expect(YAML_STREAM_END_EVENT);
    return root;
  }

 private:
  [[noreturn]] void fail(std::size_t line, std::string_view what) const {
    throw ReadError(fmt::format("{}:{}: {}", printable(path_), line, what));
  }

  void next(Event& event) {
    if (yaml_parser_parse(&parser_, event.get()) == 0) {
      const bool in_scanner = parser_.error != YAML_READER_ERROR;
      fail(in_scanner ? parser_.problem_mark.line + 1 : parser_.mark.line + 1,
           fmt::format("not YAML: {}",
                       parser_.problem == nullptr ? "out of memory" : parser_.problem));
    }
  }

  void expect(yaml_event_type_t type) {
    Event event;
    next(event);
    if (event->type != type) {
      fail(event.line(), "not a file of one YAML document");
    }
  }

  /// The node that begins with `event`.
  YamlNode node(const Event& event, unsigned depth) {
    if (depth > kMaxYamlDepth) {
      fail(event.line(), fmt::format("nested deeper than {}", kMaxYamlDepth));
    }
    YamlNode node;
    node.line = event.line();
    switch (event->type) {
      case YAML_SCALAR_EVENT:
        node.scalar = scalar(event);
        break;
      case YAML_SEQUENCE_START_EVENT:
        refuse_properties(event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        node.kind = YamlNode::Kind::List;
        read_items(node, depth);
        break;
      case YAML_MAPPING_START_EVENT:
        refuse_properties(event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        node.kind = YamlNode::Kind::Map;
        read_members(node, depth);
        break;
      case YAML_ALIAS_EVENT:
        fail(event.line(), "an alias, which this reader refuses");
      default:
        fail(event.line(), "not a file of one YAML document");
    }
    return node;
  }

  void read_items(YamlNode& list, unsigned depth) {
    for (;;) {
      Event event;
      next(event);
      if (event->type == YAML_SEQUENCE_END_EVENT) {
        return;
      }
      list.items.push_back(node(event, depth + 1));
    }
  }

  void read_members(YamlNode& map, unsigned depth) {
    for (;;) {
      Event key;
      next(key);
      if (key->type == YAML_MAPPING_END_EVENT) {
        break;
      }
      if (key->type != YAML_SCALAR_EVENT) {
        fail(key.line(), "a key that is not a scalar");
      }
      Event value;
      next(value);
      map.members.push_back({scalar(key), node(value, depth + 1)});
    }
    refuse_duplicates(map);
  }

  void refuse_duplicates(const YamlNode& map) const {
    std::vector<std::string_view> keys;
    keys.reserve(map.members.size());
    for (const YamlMember& member : map.members) {
      keys.push_back(member.key);
    }
    std::ranges::sort(keys);
    if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
      fail(map.line, fmt::format("the key {} stands twice in one map", printable(*twice)));
    }
  }

  std::string scalar(const Event& event) const {
    const auto& scalar = event->data.scalar;
    refuse_properties(event, scalar.anchor, scalar.tag);
    return {reinterpret_cast<const char*>(scalar.value), scalar.length};
  }

  void refuse_properties(const Event& event, const yaml_char_t* anchor,
                         const yaml_char_t* tag) const {
    if (anchor != nullptr || tag != nullptr) {
      fail(event.line(),
           fmt::format("{}, which this reader refuses", anchor != nullptr ? "an anchor" : "a tag"));
    }
  }

  std::string path_;
  yaml_parser_t parser_ = {};
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &YamlMember::key);
  return found == members.end() ? nullptr : &found->value;
}

YamlNode parse_yaml(std::string_view path, std::string_view text) {
  return Reader(path, text).document();
}

}  // namespace torchdevice::gap
