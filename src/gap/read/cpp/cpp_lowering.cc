#include "gap/read/cpp/cpp_lowering.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace torchdevice::gap {
namespace {

using Nodes = std::vector<const CppNode*>;

struct Child {
  TSNode node;
  std::string_view field;
};

class Lowering {
 public:
  Lowering(std::string_view text, std::size_t max_depth, std::pmr::memory_resource& memory)
      : too_deep(false), text_(text), max_depth_(max_depth), memory_(memory) {}

  const CppNode* lower(TSNode node) {
    const Level level(*this);
    return level.entered ? dispatch(node) : make(node, CppKind::Opaque);
  }

  bool too_deep;

 private:
  using Method = const CppNode* (Lowering::*)(TSNode);

  /// One level of nesting, unless there are too many.
  struct Level {
    explicit Level(Lowering& owner) : lowering(owner), entered(owner.depth_ < owner.max_depth_) {
      lowering.too_deep = lowering.too_deep || !entered;
      ++lowering.depth_;
    }
    ~Level() { --lowering.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

    Lowering& lowering;
    const bool entered;
  };

  // --- access to tree-sitter's tree

  static std::string_view type_of(TSNode node) { return ts_node_type(node); }
  std::string_view source(TSNode node) const {
    return text_.substr(ts_node_start_byte(node),
                        ts_node_end_byte(node) - ts_node_start_byte(node));
  }
  static SourceRange range(TSNode node) {
    return {ts_node_start_byte(node), ts_node_end_byte(node)};
  }
  static TSNode field(TSNode node, std::string_view name) {
    return ts_node_child_by_field_name(node, name.data(), static_cast<std::uint32_t>(name.size()));
  }

  /// The named children; ts_node_child() would make long lists quadratic.
  static std::vector<Child> children(TSNode node) {
    std::vector<Child> result;
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    if (ts_tree_cursor_goto_first_child(&cursor)) {
      do {
        const TSNode child = ts_tree_cursor_current_node(&cursor);
        const char* name = ts_tree_cursor_current_field_name(&cursor);
        if (ts_node_is_named(child) && type_of(child) != "comment") {
          result.push_back({child, name == nullptr ? "" : name});
        }
      } while (ts_tree_cursor_goto_next_sibling(&cursor));
    }
    ts_tree_cursor_delete(&cursor);
    return result;
  }

  // --- making nodes

  template <typename T>
  T* allocate(std::size_t count) {
    return static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
  }

  std::string_view keep(std::string_view text) {
    char* copy = allocate<char>(std::max<std::size_t>(text.size(), 1));
    std::copy(text.begin(), text.end(), copy);
    return {copy, text.size()};
  }

  CppNode* make(SourceRange range, CppKind kind, std::string_view text = {},
                const Nodes& items = {}) {
    auto** copy = allocate<const CppNode*>(std::max<std::size_t>(items.size(), 1));
    std::copy(items.begin(), items.end(), copy);
    return new (allocate<CppNode>(1)) CppNode{kind, false, range, text, {}, {copy, items.size()}};
  }
  CppNode* make(TSNode node, CppKind kind, std::string_view text = {}, const Nodes& items = {}) {
    return make(range(node), kind, text, items);
  }

  Nodes lower_all(TSNode node) {
    Nodes items;
    for (const Child& child : children(node)) {
      append(child.node, items);
    }
    return items;
  }

  /// A declaration may declare several names, and syntax that says nothing is left out.
  void append(TSNode node, Nodes& items) {
    const std::string_view type = type_of(node);
    const Level level(*this);
    if (!level.entered) {
      items.push_back(make(node, CppKind::Opaque));
    } else if (type == "declaration" || type == "field_declaration") {
      declaration(node, items);
    } else if (type == "template_declaration") {
      template_parameters_ = names_of_template(field(node, "parameters"));
      for (const Child& child : children(node)) {
        if (child.field != "parameters") append(child.node, items);
      }
      template_parameters_.clear();
    } else if (type != "access_specifier" && type != "virtual_specifier") {
      items.push_back(lower(node));
    }
  }

  // --- names

  /// "a::b" of a qualified or templated name; template arguments go to `arguments`.
  std::string qualified(TSNode node, Nodes* arguments) {
    const std::string_view type = type_of(node);
    const Level level(*this);
    if (!level.entered) {
      return {};
    }
    if (type == "qualified_identifier" || type == "nested_namespace_specifier") {
      std::string result;
      for (const Child& child : children(node)) {
        result += (result.empty() ? "" : "::") + qualified(child.node, arguments);
      }
      return result;
    }
    if (type == "template_function" || type == "template_type" || type == "template_method") {
      if (arguments != nullptr) {
        const TSNode list = field(node, "arguments");
        for (const Child& child : children(list)) arguments->push_back(lower(child.node));
      }
      return qualified(field(node, "name"), nullptr);
    }
    if (type == "dependent_name") {
      const auto parts = children(node);
      return parts.empty() ? std::string() : qualified(parts.front().node, arguments);
    }
    return std::string(source(node));
  }

  const CppNode* identifier(TSNode node) {
    Nodes arguments;
    const std::string name = qualified(node, &arguments);
    return make(node, CppKind::Identifier, keep(name), arguments);
  }

  // --- declarations

  Nodes names_of_template(TSNode list) {
    Nodes names;
    if (ts_node_is_null(list)) {
      return names;
    }
    for (const Child& child : children(list)) {
      const TSNode name = name_in(child.node);
      names.push_back(make(child.node, CppKind::TemplateParameter,
                           ts_node_is_null(name) ? std::string_view() : source(name)));
    }
    return names;
  }

  /// The identifier that a template parameter or a declarator declares.
  static TSNode name_in(TSNode node) {
    while (!ts_node_is_null(node)) {
      const std::string_view type = type_of(node);
      if (type == "identifier" || type == "field_identifier" || type == "type_identifier" ||
          type == "qualified_identifier" || type == "destructor_name" || type == "operator_name" ||
          type == "template_function" || type == "structured_binding_declarator") {
        break;
      }
      const TSNode inner = field(node, "declarator");
      const std::uint32_t count = ts_node_named_child_count(node);
      node = !ts_node_is_null(inner) ? inner
             : count == 0            ? TSNode{}
                                     : ts_node_named_child(node, count - 1);
    }
    return node;
  }

  /// The function_declarator in a declarator, past `*` and `&`; null where it declares no function.
  static TSNode function_declarator(TSNode node) {
    while (!ts_node_is_null(node)) {
      const std::string_view type = type_of(node);
      if (type == "function_declarator") {
        return node;
      }
      if (type != "pointer_declarator" && type != "reference_declarator") {
        break;
      }
      const TSNode inner = field(node, "declarator");
      node = ts_node_is_null(inner) && ts_node_named_child_count(node) > 0
                 ? ts_node_named_child(node, ts_node_named_child_count(node) - 1)
                 : inner;
    }
    return TSNode{};
  }

  const CppNode* parameter(TSNode node) {
    const TSNode type = field(node, "type");
    const TSNode declarator = field(node, "declarator");
    const TSNode name = ts_node_is_null(declarator) ? TSNode{} : name_in(declarator);
    Nodes items;
    const TSNode value = field(node, "default_value");
    if (!ts_node_is_null(value)) items.push_back(lower(value));
    CppNode* result = make(node, CppKind::Parameter,
                           ts_node_is_null(name) ? std::string_view() : source(name), items);
    result->type = ts_node_is_null(type) ? std::string_view() : source(type);
    return result;
  }

  void parameters(TSNode declarator, Nodes& items) {
    const TSNode list = field(declarator, "parameters");
    if (ts_node_is_null(list)) {
      return;
    }
    for (const Child& child : children(list)) {
      if (type_of(child.node).find("parameter") != std::string_view::npos) {
        items.push_back(parameter(child.node));
      }
    }
  }

  const CppNode* function(TSNode node, TSNode declarator, TSNode body) {
    Nodes items = template_parameters_;
    template_parameters_.clear();
    parameters(declarator, items);
    bool overrides = false;
    for (const Child& child : children(declarator)) {
      overrides = overrides || type_of(child.node) == "virtual_specifier";
    }
    for (const Child& child : children(node)) {
      if (type_of(child.node) == "field_initializer_list") {
        for (const Child& initialiser : children(child.node)) {
          items.push_back(opaque(initialiser.node));
        }
      }
    }
    const bool defined = !ts_node_is_null(body);
    if (defined) {
      items.push_back(lower(body));
    }
    const TSNode name = field(declarator, "declarator");
    CppNode* result =
        make(node, defined ? CppKind::Function : CppKind::FunctionDeclaration,
             ts_node_is_null(name) ? std::string_view() : keep(qualified(name, nullptr)), items);
    const TSNode type = field(node, "type");
    result->type = ts_node_is_null(type) ? std::string_view() : source(type);
    result->overrides = overrides;
    return result;
  }

  const CppNode* function_definition(TSNode node) {
    const TSNode declarator = function_declarator(field(node, "declarator"));
    if (ts_node_is_null(declarator)) {
      return opaque(node);
    }
    const TSNode body = field(node, "body");
    if (!ts_node_is_null(body)) {
      return function(node, declarator, body);
    }
    // `= default`, `= delete`, or a function-try-block.
    CppNode* empty = make(SourceRange{range(node).end, range(node).end}, CppKind::Block);
    const auto* declared = function(node, declarator, TSNode{});
    Nodes items(declared->items.begin(), declared->items.end());
    items.push_back(empty);
    CppNode* result = make(node, CppKind::Function, declared->text, items);
    result->type = declared->type;
    result->overrides = declared->overrides;
    return result;
  }

  /// `T name(a, b);` reads as a function that takes `a` and `b`; inside a function it is a
  /// variable.
  bool constructs(TSNode declarator) {
    if (in_function_ == 0) {
      return false;
    }
    const TSNode list = field(declarator, "parameters");
    const auto given = ts_node_is_null(list) ? std::vector<Child>{} : children(list);
    return !given.empty() && std::all_of(given.begin(), given.end(), [&](const Child& child) {
      const std::string_view type =
          type_of(child.node) == "parameter_declaration" ? type_of(field(child.node, "type")) : "";
      return ts_node_is_null(field(child.node, "declarator")) &&
             (type == "type_identifier" || type == "qualified_identifier");
    });
  }

  CppNode* call_of_type(TSNode node, TSNode type, Nodes arguments) {
    arguments.insert(arguments.begin(),
                     ts_node_is_null(type) ? make(node, CppKind::Opaque) : lower_type(type));
    return make(node, CppKind::Call, {}, arguments);
  }

  const CppNode* lower_type(TSNode type) {
    Nodes arguments;
    const std::string name = qualified(type, &arguments);
    return make(type, CppKind::Identifier, keep(name), arguments);
  }

  void variable(TSNode declaration, TSNode declarator, Nodes& items) {
    const TSNode type = field(declaration, "type");
    TSNode value{};
    if (type_of(declarator) == "init_declarator") {
      value = field(declarator, "value");
    } else {
      value = field(declaration, "default_value");
    }
    const TSNode name = name_in(declarator);
    Nodes initialiser;
    if (!ts_node_is_null(value) && type_of(value) == "argument_list") {
      initialiser.push_back(call_of_type(value, type, lower_all(value)));
    } else if (!ts_node_is_null(value)) {
      initialiser.push_back(lower(value));
    }
    if (!ts_node_is_null(name) && type_of(name) == "structured_binding_declarator") {
      items.push_back(binding(declaration, name, initialiser));
      return;
    }
    add_variable(declarator, type, name, initialiser, items);
  }

  void add_variable(TSNode node, TSNode type, TSNode name, const Nodes& initialiser, Nodes& items) {
    CppNode* result = make(
        node, CppKind::Variable,
        ts_node_is_null(name) ? std::string_view() : keep(qualified(name, nullptr)), initialiser);
    result->type = ts_node_is_null(type) ? std::string_view() : source(type);
    items.push_back(result);
  }

  const CppNode* binding(TSNode node, TSNode names, const Nodes& value) {
    Nodes items;
    for (const Child& name : children(names)) items.push_back(identifier(name.node));
    items.insert(items.end(), value.begin(), value.end());
    return make(node, CppKind::Binding, {}, items);
  }

  void declaration(TSNode node, Nodes& items) {
    const TSNode type = field(node, "type");
    if (!ts_node_is_null(type) &&
        (type_of(type) == "class_specifier" || type_of(type) == "struct_specifier")) {
      items.push_back(lower(type));
    }
    for (const Child& child : children(node)) {
      if (child.field != "declarator") {
        if (child.field.empty() && type_of(child.node) == "ERROR")
          items.push_back(opaque(child.node));
        continue;
      }
      const TSNode declarator = function_declarator(child.node);
      if (ts_node_is_null(declarator)) {
        variable(node, child.node, items);
      } else if (constructs(declarator)) {
        Nodes arguments;
        for (const Child& given : children(field(declarator, "parameters"))) {
          arguments.push_back(lower_type(field(given.node, "type")));
        }
        add_variable(child.node, type, name_in(declarator),
                     {call_of_type(child.node, type, arguments)}, items);
      } else {
        items.push_back(function(node, declarator, TSNode{}));
      }
    }
  }

  const CppNode* class_specifier(TSNode node) {
    Nodes items;
    const Nodes enclosing = std::exchange(template_parameters_, {});
    for (const Child& child : children(node)) {
      if (type_of(child.node) != "base_class_clause") continue;
      for (const Child& base : children(child.node)) {
        if (type_of(base.node) == "access_specifier") continue;
        items.push_back(make(base.node, CppKind::Base, keep(qualified(base.node, nullptr))));
      }
    }
    const TSNode body = field(node, "body");
    if (!ts_node_is_null(body)) {
      const std::size_t outer = std::exchange(in_function_, 0);
      const Nodes members = lower_all(body);
      in_function_ = outer;
      items.insert(items.end(), members.begin(), members.end());
    }
    const TSNode name = field(node, "name");
    return make(node, CppKind::Class,
                ts_node_is_null(name) ? std::string_view() : keep(qualified(name, nullptr)), items);
  }

  const CppNode* namespace_definition(TSNode node) {
    const TSNode name = field(node, "name");
    const TSNode body = field(node, "body");
    return make(node, CppKind::Namespace,
                ts_node_is_null(name) ? std::string_view() : keep(qualified(name, nullptr)),
                ts_node_is_null(body) ? Nodes{} : lower_all(body));
  }

  // --- statements

  const CppNode* block(TSNode node) { return make(node, CppKind::Block, {}, lower_all(node)); }

  const CppNode* function_block(TSNode node) {
    ++in_function_;
    const CppNode* result = block(node);
    --in_function_;
    return result;
  }

  const CppNode* return_statement(TSNode node) {
    return make(node, CppKind::Return, {}, lower_all(node));
  }

  const CppNode* if_statement(TSNode node) { return make(node, CppKind::If, {}, lower_all(node)); }

  const CppNode* first_item(TSNode node) {
    const Nodes items = lower_all(node);
    return items.size() == 1 ? items.front() : make(node, CppKind::Block, {}, items);
  }

  const CppNode* for_each(TSNode node) {
    Nodes items;
    const TSNode declarator = field(node, "declarator");
    const TSNode name = ts_node_is_null(declarator) ? TSNode{} : name_in(declarator);
    if (!ts_node_is_null(name) && type_of(name) == "structured_binding_declarator") {
      items.push_back(binding(declarator, name, {}));
    } else {
      add_variable(node, field(node, "type"), name, {}, items);
    }
    for (const std::string_view part : {"right", "body"}) {
      const TSNode child = field(node, part);
      items.push_back(ts_node_is_null(child) ? make(node, CppKind::Opaque) : lower(child));
    }
    return make(node, CppKind::ForEach, {}, items);
  }

  const CppNode* loop(TSNode node) { return make(node, CppKind::Loop, {}, lower_all(node)); }

  // --- expressions

  const CppNode* call(TSNode node) {
    Nodes items = {lower(field(node, "function"))};
    const Nodes arguments = lower_all(field(node, "arguments"));
    items.insert(items.end(), arguments.begin(), arguments.end());
    return make(node, CppKind::Call, {}, items);
  }

  const CppNode* construct(TSNode node) {
    TSNode arguments = field(node, "arguments");
    if (ts_node_is_null(arguments)) {
      arguments = field(node, "value");
    }
    return call_of_type(node, field(node, "type"),
                        ts_node_is_null(arguments) ? Nodes{} : lower_all(arguments));
  }

  const CppNode* field_expression(TSNode node) {
    Nodes items = {lower(field(node, "argument"))};
    return make(node, CppKind::Field, keep(qualified(field(node, "field"), nullptr)), items);
  }

  const CppNode* subscript(TSNode node) {
    Nodes items = {lower(field(node, "argument"))};
    const TSNode indices = field(node, "indices");
    if (!ts_node_is_null(indices)) {
      const Nodes given = lower_all(indices);
      items.insert(items.end(), given.begin(), given.end());
    }
    return make(node, CppKind::Subscript, {}, items);
  }

  const CppNode* binary(TSNode node) {
    return make(node, type_of(node) == "assignment_expression" ? CppKind::Assign : CppKind::Binary,
                source(field(node, "operator")),
                {lower(field(node, "left")), lower(field(node, "right"))});
  }

  const CppNode* unary(TSNode node) {
    const TSNode operation = field(node, "operator");
    return make(node, CppKind::Unary,
                ts_node_is_null(operation) ? std::string_view() : source(operation),
                {lower(field(node, "argument"))});
  }

  const CppNode* cast(TSNode node) {
    return make(node, CppKind::Unary, {}, {lower(field(node, "value"))});
  }

  const CppNode* conditional(TSNode node) {
    return make(node, CppKind::Conditional, {}, lower_all(node));
  }

  const CppNode* lambda(TSNode node) {
    Nodes items;
    const TSNode declarator = field(node, "declarator");
    if (!ts_node_is_null(declarator)) parameters(declarator, items);
    const TSNode body = field(node, "body");
    items.push_back(ts_node_is_null(body) ? make(node, CppKind::Block) : lower(body));
    return make(node, CppKind::Lambda, {}, items);
  }

  const CppNode* init_list(TSNode node) {
    return make(node, CppKind::InitList, {}, lower_all(node));
  }

  const CppNode* designated(TSNode node) {
    const auto parts = children(node);
    std::string_view name = parts.empty() ? std::string_view() : source(parts.front().node);
    name.remove_prefix(name.starts_with('.') ? 1 : 0);
    return make(node, CppKind::Designated, name, {lower(field(node, "value"))});
  }

  static void append_escape(std::string_view escape, std::string& value) {
    constexpr std::string_view kLetters = "ntr0";
    constexpr std::string_view kValues = "\n\t\r\0";
    const std::size_t known =
        escape.size() == 2 ? kLetters.find(escape[1]) : std::string_view::npos;
    if (known != std::string_view::npos) {
      value += kValues[known];
    } else {
      value += escape.substr(escape.size() == 2 ? 1 : 0);
    }
  }

  void append_string(TSNode node, std::string& value) {
    for (const Child& part : children(node)) {
      const std::string_view type = type_of(part.node);
      if (type == "string_content" || type == "raw_string_content") {
        value += source(part.node);
      } else if (type == "escape_sequence") {
        append_escape(source(part.node), value);
      } else if (type == "string_literal" || type == "raw_string_literal") {
        append_string(part.node, value);
      }
    }
  }

  const CppNode* string(TSNode node) {
    std::string value;
    append_string(node, value);
    return make(node, CppKind::String, keep(value));
  }

  const CppNode* number(TSNode node) { return make(node, CppKind::Number, source(node)); }
  const CppNode* type_argument(TSNode node) { return make(node, CppKind::Type, source(node)); }
  const CppNode* opaque(TSNode node) { return make(node, CppKind::Opaque, {}, lower_all(node)); }
  /// Types, labels and the like: nothing in them is asked for.
  const CppNode* skipped(TSNode node) { return make(node, CppKind::Opaque); }

  const CppNode* dispatch(TSNode node) {
    if (ts_node_is_null(node)) {
      return make(SourceRange{}, CppKind::Opaque);
    }
    static const std::unordered_map<std::string_view, Method> kMethods = {
        {"translation_unit", &Lowering::block},
        {"linkage_specification", &Lowering::block},
        {"declaration_list", &Lowering::block},
        {"compound_statement", &Lowering::function_block},
        {"namespace_definition", &Lowering::namespace_definition},
        {"class_specifier", &Lowering::class_specifier},
        {"struct_specifier", &Lowering::class_specifier},
        {"function_definition", &Lowering::function_definition},
        {"inline_method_definition", &Lowering::function_definition},
        {"return_statement", &Lowering::return_statement},
        {"if_statement", &Lowering::if_statement},
        {"condition_clause", &Lowering::first_item},
        {"else_clause", &Lowering::first_item},
        {"expression_statement", &Lowering::first_item},
        {"parenthesized_expression", &Lowering::first_item},
        {"for_range_loop", &Lowering::for_each},
        {"for_statement", &Lowering::loop},
        {"while_statement", &Lowering::loop},
        {"do_statement", &Lowering::loop},
        {"call_expression", &Lowering::call},
        {"new_expression", &Lowering::construct},
        {"compound_literal_expression", &Lowering::construct},
        {"field_expression", &Lowering::field_expression},
        {"subscript_expression", &Lowering::subscript},
        {"assignment_expression", &Lowering::binary},
        {"binary_expression", &Lowering::binary},
        {"unary_expression", &Lowering::unary},
        {"pointer_expression", &Lowering::unary},
        {"cast_expression", &Lowering::cast},
        {"conditional_expression", &Lowering::conditional},
        {"lambda_expression", &Lowering::lambda},
        {"initializer_list", &Lowering::init_list},
        {"initializer_pair", &Lowering::designated},
        {"identifier", &Lowering::identifier},
        {"field_identifier", &Lowering::identifier},
        {"qualified_identifier", &Lowering::identifier},
        {"template_function", &Lowering::identifier},
        {"type_descriptor", &Lowering::type_argument},
        {"string_literal", &Lowering::string},
        {"raw_string_literal", &Lowering::string},
        {"concatenated_string", &Lowering::string},
        {"number_literal", &Lowering::number},
        {"char_literal", &Lowering::number},
        {"null", &Lowering::number},
        {"true", &Lowering::number},
        {"false", &Lowering::number},
        {"type_identifier", &Lowering::skipped},
        {"primitive_type", &Lowering::skipped},
        {"placeholder_type_specifier", &Lowering::skipped},
        {"enum_specifier", &Lowering::skipped},
        {"alias_declaration", &Lowering::skipped},
        {"type_definition", &Lowering::skipped},
        {"using_declaration", &Lowering::skipped},
    };
    const auto method = kMethods.find(type_of(node));
    return method == kMethods.end() ? opaque(node) : (this->*method->second)(node);
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::pmr::memory_resource& memory_;
  std::size_t depth_ = 0;
  std::size_t in_function_ = 0;
  Nodes template_parameters_;
};

}  // namespace

const CppNode* lower_cpp(TSNode root, std::string_view text, std::size_t max_depth,
                         std::pmr::memory_resource& memory, bool& too_deep) {
  Lowering lowering(text, max_depth, memory);
  const CppNode* result = lowering.lower(root);
  too_deep = lowering.too_deep;
  return result;
}

}  // namespace torchdevice::gap
