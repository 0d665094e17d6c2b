#pragma once

#include <string>
#include <vector>

#include "gap/model/operators/mps_support.h"
#include "gap/model/operators/operators.h"
#include "gap/read/torch_source.h"

namespace torchdevice::cli {

/// What `torchdevice operators` shows.
struct OperatorsResult {
  gap::TorchIdentity torch;
  gap::Operators operators;
  gap::MpsSupport mps;
  std::vector<const gap::Operator*> shown;
  std::vector<std::string> keys;  ///< dispatch keys to resolve
};

/// As schemas/operators.schema.json describes it.
std::string to_json(const OperatorsResult& result);
/// A line for each overload.
std::string to_csv(const OperatorsResult& result);
/// For people: a summary, then a line for each overload.
std::string to_text(const OperatorsResult& result, bool colour);

}  // namespace torchdevice::cli
