#include "gap/read/cpp/cpp_file.h"

#include <fmt/format.h>
#include <tree_sitter/api.h>

#include <algorithm>
#include <memory_resource>

#include "gap/read/cpp/cpp_lowering.h"
#include "gap/read/cpp/cpp_tokens.h"

extern "C" const TSLanguage* tree_sitter_cpp();

namespace torchdevice::gap {
namespace {

struct Free {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};

std::size_t deepest_nesting(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CppToken token = next_cpp_token(text, at);
    at += token.text.size();
    if (token.kind != CppTokenKind::Punctuation) {
      continue;
    }
    const std::size_t bracket = std::string_view("([{)]}").find(token.text[0]);
    if (bracket < 3) {
      deepest = std::max(deepest, ++depth);
    } else if (bracket != std::string_view::npos && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts = {0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    starts.push_back(static_cast<std::uint32_t>(at + 1));
  }
  return starts;
}

const CppNode kNothing{CppKind::Block, false, {}, {}, {}, {}};

}  // namespace

struct CppFile::Impl {
  std::string path;
  CppTranslation translation;
  std::vector<std::uint32_t> lines;
  std::pmr::monotonic_buffer_resource memory;
  const CppNode* root = &kNothing;
  std::vector<std::string> problems;

  void parse() {
    const std::string& text = translation.text;
    if (deepest_nesting(text) > kMaxNesting) {
      problems.push_back(
          fmt::format("{}: not read: brackets are nested more than {} deep", path, kMaxNesting));
      return;
    }
    const std::unique_ptr<TSParser, Free> parser(ts_parser_new());
    ts_parser_set_language(parser.get(), tree_sitter_cpp());
    ts_parser_set_timeout_micros(parser.get(), kMaxParseTime);
    const std::unique_ptr<TSTree, Free> tree(ts_parser_parse_string(
        parser.get(), nullptr, text.data(), static_cast<std::uint32_t>(text.size())));
    if (!tree) {
      problems.push_back(fmt::format("{}: not read: parsing took more than {} s", path,
                                     kMaxParseTime / 1'000'000));
      return;
    }
    bool too_deep = false;
    root = lower_cpp(ts_tree_root_node(tree.get()), text, kMaxDepth, memory, too_deep);
    if (too_deep) {
      problems.push_back(
          fmt::format("{}: what is nested more than {} levels deep was not read", path, kMaxDepth));
    }
  }
};

std::unique_ptr<CppFile> CppFile::parse(std::string path, std::string_view text,
                                        const CppMacros& macros) {
  auto impl = std::make_unique<Impl>();
  impl->path = std::move(path);
  if (text.size() > kMaxSize) {
    impl->problems.push_back(fmt::format("{}: not read: {} MB of C++, the limit is {}", impl->path,
                                         text.size() >> 20, kMaxSize >> 20));
  } else {
    impl->lines = line_starts(text);
    impl->translation = preprocess(text, macros);
    for (const auto& problem : impl->translation.problems) {
      impl->problems.push_back(impl->path + ": " + problem);
    }
    impl->parse();
  }
  return std::unique_ptr<CppFile>(new CppFile(std::move(impl)));
}

CppFile::CppFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CppFile::~CppFile() = default;

const std::string& CppFile::path() const { return impl_->path; }
const CppNode& CppFile::root() const { return *impl_->root; }
const std::vector<std::string>& CppFile::problems() const { return impl_->problems; }

std::uint32_t CppFile::line(std::uint32_t offset) const {
  const std::uint32_t original = impl_->translation.original(offset);
  const auto& lines = impl_->lines;
  return static_cast<std::uint32_t>(std::upper_bound(lines.begin(), lines.end(), original) -
                                    lines.begin());
}

std::string CppFile::condition(std::uint32_t offset) const {
  const std::uint32_t original = impl_->translation.original(offset);
  std::string result;
  // Conditionals are listed as they end: the innermost first.
  for (const CppConditional& conditional : impl_->translation.conditionals) {
    if (conditional.range.begin <= original && original < conditional.range.end) {
      result.insert(0, result.empty() ? conditional.condition : conditional.condition + " and ");
    }
  }
  return result;
}

std::string CppFile::source(const CppNode& node) const {
  const std::string_view text = std::string_view(impl_->translation.text)
                                    .substr(node.range.begin, node.range.end - node.range.begin);
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const CppToken token = next_cpp_token(text, at);
    at += token.text.size();
    result += token.kind == CppTokenKind::Space ? std::string_view(" ") : token.text;
  }
  return result;
}

}  // namespace torchdevice::gap
