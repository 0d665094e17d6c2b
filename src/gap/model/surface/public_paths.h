#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/surface/alias_candidates.h"
#include "gap/model/surface/public_names.h"
#include "gap/model/surface/scope.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::gap {

/// One path under which users find an object.
struct PublicPath {
  std::string path;
  PublicName name;
  Value* value = nullptr;  ///< forced
  Value* owner = nullptr;  ///< the Module or Class
  bool is_member = false;  ///< `owner` is a class
  bool in_scope = false;
};

/// The public paths of a package: names of modules, and members of the classes that a scope asks
/// about. Collected in three steps, in this order: the scope, other modules, complete().
class PublicPaths {
 public:
  /// Collects what is in scope.
  PublicPaths(Interpreter& interpreter, const Scope& scope);

  /// How sources speak of the objects collected so far.
  SoughtWords sought() const;
  /// The public modules that define them.
  std::vector<std::string> defining_modules() const;
  /// Collects from modules out of scope what may be one of the objects sought.
  void look_in(const std::vector<std::string>& modules, const SoughtWords& sought);
  /// Adds the members of classes, and finds which paths are of the same object.
  void complete();

  const std::vector<PublicPath>& all() const { return paths_; }
  /// The paths of the same object as this one, as positions in all(): itself among them.
  const std::vector<std::size_t>& same_object(std::size_t position) const;
  /// The modules in scope.
  const std::vector<std::string>& modules() const { return modules_; }
  std::vector<UnknownName> take_unknown() { return std::move(unknown_); }

 private:
  void select_modules(const Scope& scope);
  bool in_scope(std::string_view path, bool module_in_scope) const;
  bool is_on_the_way(std::string_view path) const;
  void add_module(const std::string& dotted, const SoughtWords* sought);
  void add_names_in_scope();
  void add_members();
  void add_members_of(std::size_t position,
                      std::unordered_map<const Value*, std::vector<PublicName>>& known);
  void add_private_members_in_scope(const std::string& class_path, Value* cls,
                                    std::vector<PublicName>& names) const;
  void add(PublicPath path);
  void group();

  Interpreter& interpreter_;
  std::vector<std::string> modules_;  ///< in scope
  std::unordered_set<std::string> module_set_;
  std::unordered_set<std::string> looked_in_;  ///< out of scope
  std::vector<std::string> names_;             ///< in scope, and no module
  std::vector<PublicPath> paths_;
  std::unordered_set<std::string> known_paths_;
  std::unordered_set<const Value*> public_classes_;
  std::vector<std::vector<std::size_t>> groups_;
  std::vector<std::size_t> group_of_;
  std::vector<UnknownName> unknown_;
  std::vector<UnknownName> discarded_;  ///< of modules out of scope
};

}  // namespace torchdevice::gap
