#include "gap/read/python/python_grammar.h"

#include <array>
#include <string_view>

extern "C" const TSLanguage* tree_sitter_python();

namespace torchdevice::gap {
namespace {

struct Named {
  std::string_view name;
  Symbol symbol;
  bool named = true;
};

constexpr Named kNames[] = {
    {"comment", Symbol::Extra},
    {"line_continuation", Symbol::Extra},
    {",", Symbol::Comma, false},
    {":", Symbol::Colon, false},
    {"=", Symbol::Equal, false},
    {"in", Symbol::In, false},
    {"as", Symbol::As, false},
    {"from", Symbol::From, false},
    {"async", Symbol::Async, false},
    {"def", Symbol::Def, false},
    {"aliased_import", Symbol::AliasedImport},
    {"argument_list", Symbol::ArgumentList},
    {"as_pattern", Symbol::AsPattern},
    {"as_pattern_target", Symbol::AsPatternTarget},
    {"assert_statement", Symbol::AssertStatement},
    {"assignment", Symbol::Assignment},
    {"attribute", Symbol::Attribute},
    {"augmented_assignment", Symbol::AugmentedAssignment},
    {"await", Symbol::Await},
    {"binary_operator", Symbol::BinaryOperator},
    {"block", Symbol::Block},
    {"boolean_operator", Symbol::BooleanOperator},
    {"break_statement", Symbol::BreakStatement},
    {"call", Symbol::Call},
    {"case_clause", Symbol::CaseClause},
    {"class_definition", Symbol::ClassDefinition},
    {"comparison_operator", Symbol::ComparisonOperator},
    {"concatenated_string", Symbol::ConcatenatedString},
    {"conditional_expression", Symbol::ConditionalExpression},
    {"constrained_type", Symbol::ConstrainedType},
    {"continue_statement", Symbol::ContinueStatement},
    {"decorated_definition", Symbol::DecoratedDefinition},
    {"decorator", Symbol::Decorator},
    {"default_parameter", Symbol::DefaultParameter},
    {"delete_statement", Symbol::DeleteStatement},
    {"dictionary", Symbol::Dictionary},
    {"dictionary_comprehension", Symbol::DictionaryComprehension},
    {"dictionary_splat", Symbol::DictionarySplat},
    {"dictionary_splat_pattern", Symbol::DictionarySplatPattern},
    {"dotted_name", Symbol::DottedName},
    {"elif_clause", Symbol::ElifClause},
    {"ellipsis", Symbol::Ellipsis},
    {"else_clause", Symbol::ElseClause},
    {"except_clause", Symbol::ExceptClause},
    {"except_group_clause", Symbol::ExceptGroupClause},
    {"expression_list", Symbol::ExpressionList},
    {"expression_statement", Symbol::ExpressionStatement},
    {"false", Symbol::False},
    {"finally_clause", Symbol::FinallyClause},
    {"float", Symbol::Float},
    {"for_in_clause", Symbol::ForInClause},
    {"format_specifier", Symbol::FormatSpecifier},
    {"for_statement", Symbol::ForStatement},
    {"function_definition", Symbol::FunctionDefinition},
    {"future_import_statement", Symbol::FutureImportStatement},
    {"generator_expression", Symbol::GeneratorExpression},
    {"generic_type", Symbol::GenericType},
    {"global_statement", Symbol::GlobalStatement},
    {"identifier", Symbol::Identifier},
    {"if_clause", Symbol::IfClause},
    {"if_statement", Symbol::IfStatement},
    {"import_from_statement", Symbol::ImportFromStatement},
    {"import_statement", Symbol::ImportStatement},
    {"integer", Symbol::Integer},
    {"interpolation", Symbol::Interpolation},
    {"keyword_argument", Symbol::KeywordArgument},
    {"keyword_separator", Symbol::KeywordSeparator},
    {"lambda", Symbol::Lambda},
    {"lambda_parameters", Symbol::LambdaParameters},
    {"list", Symbol::List},
    {"list_comprehension", Symbol::ListComprehension},
    {"list_pattern", Symbol::ListPattern},
    {"list_splat", Symbol::ListSplat},
    {"list_splat_pattern", Symbol::ListSplatPattern},
    {"match_statement", Symbol::MatchStatement},
    {"member_type", Symbol::MemberType},
    {"named_expression", Symbol::NamedExpression},
    {"none", Symbol::None},
    {"nonlocal_statement", Symbol::NonlocalStatement},
    {"not_operator", Symbol::NotOperator},
    {"pair", Symbol::Pair},
    {"parameters", Symbol::Parameters},
    {"parenthesized_expression", Symbol::ParenthesizedExpression},
    {"pass_statement", Symbol::PassStatement},
    {"pattern_list", Symbol::PatternList},
    {"positional_separator", Symbol::PositionalSeparator},
    {"raise_statement", Symbol::RaiseStatement},
    {"relative_import", Symbol::RelativeImport},
    {"return_statement", Symbol::ReturnStatement},
    {"set", Symbol::Set},
    {"set_comprehension", Symbol::SetComprehension},
    {"slice", Symbol::Slice},
    {"splat_type", Symbol::SplatType},
    {"string", Symbol::String},
    {"subscript", Symbol::Subscript},
    {"true", Symbol::True},
    {"try_statement", Symbol::TryStatement},
    {"tuple", Symbol::Tuple},
    {"tuple_pattern", Symbol::TuplePattern},
    {"type", Symbol::Type},
    {"type_alias_statement", Symbol::TypeAliasStatement},
    {"type_conversion", Symbol::TypeConversion},
    {"typed_default_parameter", Symbol::TypedDefaultParameter},
    {"typed_parameter", Symbol::TypedParameter},
    {"unary_operator", Symbol::UnaryOperator},
    {"union_type", Symbol::UnionType},
    {"while_statement", Symbol::WhileStatement},
    {"wildcard_import", Symbol::WildcardImport},
    {"with_clause", Symbol::WithClause},
    {"with_item", Symbol::WithItem},
    {"with_statement", Symbol::WithStatement},
    {"yield", Symbol::Yield},
};

using Table = std::array<Symbol, 512>;

/// Several of the grammar's ids have the same name: aliases, rules inside other rules.
Table make_table() {
  Table table{};
  const TSLanguage* language = python_language();
  for (TSSymbol id = 0; id < ts_language_symbol_count(language) && id < table.size(); ++id) {
    const TSSymbolType type = ts_language_symbol_type(language, id);
    const std::string_view name = ts_language_symbol_name(language, id);
    for (const Named& entry : kNames) {
      if (entry.name == name && entry.named == (type == TSSymbolTypeRegular)) {
        table[id] = entry.symbol;
      }
    }
  }
  return table;
}

}  // namespace

const TSLanguage* python_language() { return tree_sitter_python(); }

Symbol symbol_of(TSNode node) {
  static const Table table = make_table();
  const TSSymbol id = ts_node_symbol(node);
  return id < table.size() ? table[id] : Symbol::Error;  // the error node's id is the largest
}

}  // namespace torchdevice::gap
