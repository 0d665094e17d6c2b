#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gap/model/operators/operators.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// One line of what PyTorch's own tests know about an operation on MPS.
struct MpsRecord {
  /// The test's name of the operation: an OpInfo's name with its variant,
  /// "linalg.matrix_rankhermitian".
  std::string opinfo;
  std::string list;       ///< the list's name in common_mps.py, "UNIMPLEMENTED_XFAILLIST"
  std::string modifier;   ///< the function that holds and applies it, "mps_ops_grad_modifier"
  bool backward = false;  ///< about gradients
  std::vector<std::string> dtypes;  ///< "torch.int8"; empty means all
  std::string condition;  ///< as written, where it holds only for some: "MACOS_VERSION < 15.0"
  std::uint32_t line = 0;
};

/// An entry of PyTorch's table of operations under test.
struct OpInfoName {
  std::string name;           ///< with its variant: "linalg.matrix_rankhermitian"
  std::string operator_name;  ///< the operator that it is about: "linalg_matrix_rank"
};

/// MPS by OpInfo name, as torch/testing/_internal/common_mps.py has it.
struct MpsSupport {
  std::string path;                   ///< relative to the tree
  std::vector<MpsRecord> records;     ///< in the file's order
  std::vector<std::string> complex;   ///< SUPPORTED_COMPLEX_OPS: these take complex tensors; sorted
  std::vector<OpInfoName> opinfos;    ///< sorted by operator_name
  std::vector<std::string> problems;  ///< what is no plain literal: one line each, with place

  /// The records about the operation that an operator does: of all OpInfos of its name, whatever
  /// the overload; in-place and out= variants are tested with it.
  std::vector<const MpsRecord*> records_of(const Operator& op) const;
};

/// Reads the lists and the names of OpInfos. Empty, with a problem, where the tree has no such
/// file. Throws ReadError where one cannot be read.
MpsSupport load_mps_support(const SourceTree& tree);

}  // namespace torchdevice::gap
