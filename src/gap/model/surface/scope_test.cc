#include "gap/model/surface/scope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {
namespace {

std::string error_of(const std::string& toml) {
  try {
    Scope::parse(toml, "my.toml");
  } catch (const ReadError& error) {
    return error.what();
  }
  return "";
}

TEST(Scope, Parses) {
  const Scope scope = Scope::parse(
      "[[namespace]]\nname = \"torch.cuda\"\npriority = 1\nsubmodules = true\n"
      "[[namespace]]\nname = \"torch.nn\"\npriority = 2\n",
      "my.toml");
  ASSERT_EQ(scope.entries.size(), 2u);
  EXPECT_EQ(scope.entries[0].name, "torch.cuda");
  EXPECT_EQ(scope.entries[0].priority, 1);
  EXPECT_TRUE(scope.entries[0].submodules);
  EXPECT_FALSE(scope.entries[1].submodules);
  EXPECT_FALSE(scope.everything);
}

TEST(Scope, ErrorsSayWhere) {
  EXPECT_EQ(error_of("").find("my.toml"), 0u);
  EXPECT_EQ(error_of("[[namespace]\n").find("my.toml:1: "), 0u);
  EXPECT_EQ(error_of("[[namespace]]\nname = \"torch\"\n").find("my.toml:1: "), 0u);
  EXPECT_EQ(error_of("[[namespace]]\nname = \"a b\"\npriority = 1\n").find("my.toml:2: "), 0u);
  EXPECT_EQ(error_of("[[namespace]]\nname = \"torch\"\npriority = 0\n").find("my.toml:3: "), 0u);
  EXPECT_EQ(error_of("[[namespace]]\nnom = \"torch\"\npriority = 1\n").find("my.toml:2: "), 0u);
  EXPECT_EQ(error_of("[other]\nname = \"torch\"\n").find("my.toml:1: "), 0u);
  EXPECT_NE(error_of("[[namespace]]\nname = \"t\"\npriority = 1\n"
                     "[[namespace]]\nname = \"t\"\npriority = 1\n")
                .find("twice"),
            std::string::npos);
}

TEST(Scope, ShippedForPyTorch) {
  const Scope& scope = Scope::torch();
  for (const char* name :
       {"torch", "torch.Tensor", "torch.nn.Module", "torch.nn", "torch.nn.functional", "torch.cuda",
        "torch.mps", "torch.optim", "torch.autograd", "torch.distributed", "torch.amp",
        "torch.accelerator", "torch.random", "torch.serialization", "torch.utils.data",
        "torch.backends"}) {
    EXPECT_NE(std::ranges::find(scope.entries, name, &ScopeEntry::name), scope.entries.end())
        << name;
  }
}

TEST(Scope, OfNames) {
  const Scope scope = Scope::of({"torch.cuda", "torch.Tensor", "torch.nn.modules"});
  ASSERT_EQ(scope.entries.size(), 3u);
  EXPECT_TRUE(scope.entries[0].submodules);
  EXPECT_FALSE(scope.entries[1].submodules);
  EXPECT_TRUE(scope.entries[2].submodules);
  EXPECT_THROW(Scope::of({"torch..cuda"}), ReadError);
  EXPECT_THROW(Scope::of({""}), ReadError);
}

}  // namespace
}  // namespace torchdevice::gap
