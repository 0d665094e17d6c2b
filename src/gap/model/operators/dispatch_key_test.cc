#include "gap/model/operators/dispatch_key.h"

#include <gtest/gtest.h>

namespace torchdevice::gap {
namespace {

TEST(DispatchKey, CompositesServeTheirBackends) {
  // One row a key: served by NonFunctional, Explicit, ImplicitNestedTensor, Implicit.
  struct Row {
    const char* key;
    bool serves[4];
  };
  for (const Row& row :
       {Row{"CUDA", {true, true, false, true}}, Row{"MkldnnCPU", {true, true, false, true}},
        Row{"SparseCsrMPS", {true, true, false, true}},
        Row{"QuantizedCUDA", {true, true, false, true}},
        Row{"SparseCUDA", {false, true, false, true}}, Row{"XLA", {false, true, false, true}},
        Row{"NestedTensorCUDA", {false, false, true, true}},
        Row{"AutogradCUDA", {false, false, false, false}},
        Row{"ZeroTensor", {false, false, false, false}},
        Row{"CompositeImplicitAutograd", {false, false, false, false}}}) {
    for (std::size_t at = 0; at < kCompositeKeys.size(); ++at) {
      EXPECT_EQ(serves(kCompositeKeys.at(at), row.key), row.serves[at])
          << kCompositeKeys.at(at) << " for " << row.key;
    }
  }
  EXPECT_FALSE(serves("CUDA", "CUDA"));
}

TEST(DispatchKey, KnowsStructuredKeys) {
  EXPECT_TRUE(is_structured_key("MPS"));
  EXPECT_FALSE(is_structured_key("SparseCUDA"));
  EXPECT_FALSE(is_structured_key("Meta"));
}

}  // namespace
}  // namespace torchdevice::gap
