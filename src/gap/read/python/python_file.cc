#include "gap/read/python/python_file.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <memory_resource>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "gap/read/python/elide.h"
#include "gap/read/python/lower.h"
#include "gap/read/python/python_grammar.h"
#include "gap/read/tree_memory.h"
#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

struct ParserDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};
struct TreeDeleter {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};
using ParserPointer = std::unique_ptr<TSParser, ParserDeleter>;
using TreePointer = std::unique_ptr<TSTree, TreeDeleter>;

/// Null where the parser was cut off: hostile text can make its recovery very slow, and its tree
/// large.
TreePointer parse_text(TSParser* parser, const std::string& text, const TreeMemory& memory) {
  constexpr std::uint64_t kLeastMicros = 10'000'000;
  ts_parser_set_language(parser, python_language());
  ts_parser_set_timeout_micros(parser, kLeastMicros + text.size());
  ts_parser_set_cancellation_flag(parser, memory.exhausted());
  return TreePointer(ts_parser_parse_string(parser, nullptr, text.data(),
                                            static_cast<std::uint32_t>(text.size())));
}

/// Puts `?` in place of every byte that is no text, so that offsets stay and everything that is
/// made of the text is UTF-8. Returns the offsets of the first NUL and of the first other such
/// byte.
std::pair<std::size_t, std::size_t> clean(std::string& text) {
  std::size_t nul = std::string::npos;
  std::size_t invalid = std::string::npos;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c != 0 && c < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = c == 0 ? 0 : utf8_length(std::string_view(text).substr(at));
    if (length != 0) {
      at += length;
      continue;
    }
    std::size_t& first = c == 0 ? nul : invalid;
    if (first == std::string::npos) first = at;
    text[at++] = '?';
  }
  return {nul, invalid};
}

}  // namespace

struct PythonFile::Impl {
  std::string path;
  std::string text;
  std::pmr::monotonic_buffer_resource arena;
  Block statements;
  std::vector<SyntaxError> errors;
  mutable std::once_flag lines_found;
  mutable std::vector<std::uint32_t> lines;  ///< where each begins; read through line()

  std::mutex mutex;  ///< of the arena and of what follows, once parsed
  std::unordered_map<const FunctionDef*, Block> bodies;

  void find_lines() const {
    lines.push_back(0);
    for (std::size_t at = text.find_first_of("\r\n"); at != std::string::npos;
         at = text.find_first_of("\r\n", at)) {
      at += text.compare(at, 2, "\r\n") == 0 ? 2 : 1;
      lines.push_back(static_cast<std::uint32_t>(at));
    }
  }

  std::uint32_t line(std::uint32_t offset) const {
    std::call_once(lines_found, [this] { find_lines(); });
    const auto after = std::upper_bound(lines.begin(), lines.end(), offset);
    return static_cast<std::uint32_t>(after - lines.begin());
  }

  void clean_text() {
    const auto [nul, invalid] = clean(text);
    if (nul != std::string::npos) {
      errors.push_back({line(static_cast<std::uint32_t>(nul)), "NUL byte"});
    }
    if (invalid != std::string::npos) {
      errors.push_back({line(static_cast<std::uint32_t>(invalid)), "not UTF-8"});
    }
  }

  /// What cannot be read is Opaque; that no error says so is body()'s contract.
  Block read_body(SourceRange range) {
    std::vector<Lowering::Error> unreported;
    const Block outer = lower(ElidedText::of_block(text, range), unreported);
    const If* wrapper = outer.empty() ? nullptr : std::get_if<If>(&outer.front().node);
    if (wrapper != nullptr && outer.size() == 1) return wrapper->body;
    // After an error, the rest of the body may stand behind the wrapper.
    std::vector<Stmt> statements;
    if (wrapper != nullptr) {
      statements.assign(wrapper->body.begin(), wrapper->body.end());
    }
    statements.insert(statements.end(), outer.begin() + (wrapper != nullptr ? 1 : 0), outer.end());
    if (statements.empty()) statements.push_back({range, OpaqueStmt{}});
    Stmt* copy =
        static_cast<Stmt*>(arena.allocate(statements.size() * sizeof(Stmt), alignof(Stmt)));
    std::uninitialized_copy(statements.begin(), statements.end(), copy);
    return {copy, statements.size()};
  }

  Block lower(const ElidedText& source, std::vector<Lowering::Error>& found) {
    const TreeMemory memory;
    const ParserPointer parser(ts_parser_new());
    const TreePointer tree = parse_text(parser.get(), source.text(), memory);
    if (!tree) {
      found.push_back({0, *memory.exhausted() != 0 ? "not read: parsing takes too much memory"
                                                   : "not read: parsing takes too long"});
      return {};
    }
    Lowering lowering(text, source, arena);
    const Block block = lowering.module(ts_tree_root_node(tree.get()));
    found = std::move(lowering.errors());
    if (const auto offset = source.too_far_right()) {
      found.push_back({*offset, "indented by more than 255 columns: not read"});
    }
    return block;
  }
};

std::unique_ptr<PythonFile> PythonFile::parse(std::string path, std::string text, Bodies bodies) {
  auto impl = std::make_unique<Impl>();
  impl->path = std::move(path);
  impl->text = std::move(text);
  impl->clean_text();
  const ElidedText source = ElidedText::of_file(impl->text, bodies);
  std::vector<Lowering::Error> found;
  impl->statements = impl->lower(source, found);
  for (Lowering::Error& error : found) {
    impl->errors.push_back({impl->line(error.offset), std::move(error.message)});
  }
  std::sort(impl->errors.begin(), impl->errors.end(),
            [](const SyntaxError& a, const SyntaxError& b) {
              return std::tie(a.line, a.message) < std::tie(b.line, b.message);
            });
  return std::unique_ptr<PythonFile>(new PythonFile(std::move(impl)));
}

PythonFile::PythonFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PythonFile::~PythonFile() = default;

const std::string& PythonFile::path() const { return impl_->path; }
std::string_view PythonFile::text() const { return impl_->text; }
bool PythonFile::is_stub() const { return impl_->path.ends_with(".pyi"); }
Block PythonFile::statements() const { return impl_->statements; }
const std::vector<SyntaxError>& PythonFile::errors() const { return impl_->errors; }
std::uint32_t PythonFile::line(std::uint32_t offset) const { return impl_->line(offset); }

std::string_view PythonFile::text(SourceRange range) const {
  return text().substr(range.begin, range.end - range.begin);
}

Block PythonFile::body(const FunctionDef& function) const {
  if (!function.body_elided) return function.body;
  const std::lock_guard lock(impl_->mutex);
  const auto [entry, added] = impl_->bodies.try_emplace(&function);
  if (added) entry->second = impl_->read_body(function.body_range);
  return entry->second;
}

}  // namespace torchdevice::gap
