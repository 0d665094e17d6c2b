#include "gap/model/diff/mentions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

Mentions mentions_in(const std::string& source) {
  const TestFolder folder;
  folder.write("subject.py", source);
  return mentions_of(*SourceTree::open(folder.at("subject.py")), "torch");
}

std::vector<std::string> names_in(const std::string& source) {
  std::vector<std::string> names;
  for (const Mention& mention : mentions_in(source).names) {
    names.push_back(mention.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Mentions, FollowsImportsAndTheirAliases) {
  EXPECT_EQ(
      names_in(R"(
import numpy
import torch.cuda.amp as amp
from torch._C import _cuda_init as start
from torch.nn import *
from . import torch_like
from torchvision import x

def f(self):
    start()
    return amp.GradScaler(numpy.pi)
)"),
      (Names{"torch._C._cuda_init", "torch.cuda.amp", "torch.cuda.amp.GradScaler", "torch.nn.*"}));
}

TEST(Mentions, ReadsAttributesWhereverTheyStand) {
  EXPECT_EQ(
      names_in(R"(
import torch

@torch.no_grad()
class C(torch.nn.Module, metaclass=torch.M):
    def f(self, x: torch.Tensor = torch.a) -> torch.b:
        with torch.c as y:
            del torch.d.e
        for torch.g in [torch.h for _ in torch.i]:
            raise torch.j from torch.k
        try:
            assert torch.l, f"{torch.m}"
        except torch.n:
            return lambda z=torch.o: torch.p[torch.q]
        while torch.r:
            torch.s += torch.t
)"),
      (Names{"torch",     "torch.M", "torch.Tensor", "torch.a",         "torch.b",       "torch.c",
             "torch.d.e", "torch.g", "torch.h",      "torch.i",         "torch.j",       "torch.k",
             "torch.l",   "torch.m", "torch.n",      "torch.nn.Module", "torch.no_grad", "torch.o",
             "torch.p",   "torch.q", "torch.r",      "torch.s",         "torch.t"}));
}

TEST(Mentions, TakesStringsThatAreNames) {
  EXPECT_EQ(names_in(R"(
patch("torch.cuda.is_available")
print("torch.cuda is not here", "torchvision.x", "torch")
)"),
            (Names{"torch.cuda.is_available"}));
}

TEST(Mentions, KeepsAttributesOfOtherThings) {
  const Mentions mentions = mentions_in("import torch\nx = torch.ones(1)\nx.align_to('N').names\n");
  EXPECT_TRUE(mentions.has_attribute("align_to"));
  EXPECT_TRUE(mentions.has_attribute("names"));
  EXPECT_FALSE(mentions.has_attribute("ones"));
  EXPECT_EQ(mentions.names[1].place, "subject.py:2");
}

}  // namespace
}  // namespace torchdevice::gap
