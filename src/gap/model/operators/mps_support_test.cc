#include "gap/model/operators/mps_support.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kLists =
    "import torch\n"
    "if torch.backends.mps.is_available():\n"
    "    def mps_ops_modifier(ops, sparse=False):\n"
    "        SUPPORTED_COMPLEX_OPS = {'zeros', 'abs'}\n"
    "        UNIMPLEMENTED_XFAILLIST: dict[str, list | None] = {\n"
    "            # \"kthvalue\": None,\n"
    "            'linalg.eig': None,\n"
    "            'linalg.pinvhermitian': [torch.int8, torch.bool],\n"
    "            'scatter': [torch.int8] if MACOS_VERSION < 15.0 else [torch.bool],\n"
    "            NAME: None,\n"
    "            'odd': pick(),\n"
    "        }\n"
    "        if sparse:\n"
    "            UNIMPLEMENTED_XFAILLIST.update({})\n"
    "        other = {'not.a.list': None}\n"
    "        return ops\n"
    "    def mps_ops_grad_modifier(ops):\n"
    "        XFAILLIST_GRAD = {'nn.functional.relu': [torch.float16]}\n"
    "        SKIPLIST = make()\n"
    "else:\n"
    "    def mps_ops_modifier(ops):\n"
    "        XFAILLIST = {'never': None}\n";

constexpr const char* kOpInfos =
    "def make_window(n, variant_test_name):\n"
    "    return OpInfo('window', n)\n"
    "op_db: list[OpInfo] = [\n"
    "    OpInfo('linalg.pinv', variant_test_name='hermitian'),\n"
    "    UnaryUfuncInfo('nn.functional.relu', aten_name='relu', ref=None),\n"
    "    OpInfo(name='linalg.eig'),\n"
    "    make_window(1, variant_test_name='_1'),\n"
    "    *definitions.op_db,\n"
    "    *(OpInfo(name) for name in names),\n"
    "]\n"
    "op_db += other.op_db\n";

struct MpsSupportTest : testing::Test {
  TestFolder folder;
  const std::string prefix = "torch/testing/_internal/";
};

TEST_F(MpsSupportTest, ReadsListsAndJoinsThemByOpInfo) {
  folder.write(prefix + "common_mps.py", kLists);
  folder.write(prefix + "common_methods_invocations.py", kOpInfos);
  const MpsSupport support = load_mps_support(*SourceTree::open(folder.at("")));
  EXPECT_EQ(support.complex, (Lines{"abs", "zeros"}));
  ASSERT_EQ(support.records.size(), 5u);
  EXPECT_EQ(support.records[0].opinfo, "linalg.eig");
  EXPECT_EQ(support.records[0].list, "UNIMPLEMENTED_XFAILLIST");
  EXPECT_EQ(support.records[0].line, 7u);
  EXPECT_EQ(support.records[0].dtypes, Lines{});
  EXPECT_FALSE(support.records[0].backward);
  EXPECT_EQ(support.records[1].dtypes, (Lines{"torch.int8", "torch.bool"}));
  EXPECT_EQ(support.records[2].condition, "MACOS_VERSION < 15.0");
  EXPECT_EQ(support.records[2].dtypes, Lines{"torch.int8"});
  EXPECT_EQ(support.records[3].condition, "not (MACOS_VERSION < 15.0)");
  EXPECT_EQ(support.records[3].dtypes, Lines{"torch.bool"});
  EXPECT_EQ(support.records[4].modifier, "mps_ops_grad_modifier");
  EXPECT_TRUE(support.records[4].backward);
  EXPECT_EQ(
      support.problems,
      (Lines{
          prefix + "common_mps.py:10: an entry of UNIMPLEMENTED_XFAILLIST is no plain literal",
          prefix + "common_mps.py:11: an entry of UNIMPLEMENTED_XFAILLIST is no plain literal",
          prefix + "common_mps.py:19: an entry of SKIPLIST is no plain literal",
          prefix + "common_methods_invocations.py:9: an entry of op_db without a literal name"}));

  const auto records_of = [&](const char* schema) {
    Operator op;
    op.schema = parse_function_schema(schema);
    Lines names;
    for (const MpsRecord* record : support.records_of(op)) {
      names.push_back(record->opinfo);
    }
    return names;
  };
  EXPECT_EQ(records_of("linalg_pinv(Tensor self) -> Tensor"), Lines{"linalg.pinvhermitian"});
  EXPECT_EQ(records_of("relu_(Tensor(a!) self) -> Tensor(a!)"), Lines{"nn.functional.relu"});
  EXPECT_EQ(records_of("linalg_eig.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)"),
            Lines{"linalg.eig"});
  EXPECT_EQ(records_of("add(Tensor self) -> Tensor"), Lines{});
  EXPECT_EQ(support.opinfos.size(), 4u);
  EXPECT_EQ(support.opinfos.back().name, "window_1");
}

TEST_F(MpsSupportTest, SaysWhereThereIsNone) {
  folder.write("torch/__init__.py", "");
  const MpsSupport support = load_mps_support(*SourceTree::open(folder.at("")));
  EXPECT_TRUE(support.records.empty());
  EXPECT_EQ(support.problems,
            Lines{folder.path().string() + ": has no " + prefix + "common_mps.py"});
}

}  // namespace
}  // namespace torchdevice::gap
