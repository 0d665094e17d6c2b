#include "gap/model/operators/operators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "gap/read/test_tree.h"
#include "gap/read/torch_source.h"

namespace torchdevice::gap {
namespace {

constexpr const char* kFile = "torchgen/packaged/ATen/native/native_functions.yaml";

std::string served(const Operators& operators, const char* name, const char* key) {
  const Operator* op = operators.find(name);
  if (op == nullptr) {
    return "no such operator";
  }
  const Resolution resolution = operators.resolve(*op, key);
  std::string text(to_string(resolution.served_by));
  return resolution.kernel == nullptr ? text : text + ' ' + resolution.kernel->name;
}

Operators load(const TestFolder& folder) {
  return load_operators(*SourceTree::open(folder.at("")));
}

TEST(Operators, FollowsDelegatesCompositesAndDefaults) {
  const TestFolder folder;
  folder.write("torchgen/packaged/ATen/native/tags.yaml",
               "- tag: core\n  desc: x\n- tag: out\n  desc: x\n- tag: inplace\n  desc: x\n");
  folder.write(kFile,
               "- func: f(Tensor self) -> Tensor\n"
               "  structured_delegate: f.out\n"
               "  variants: function, method\n"
               "  tags: core\n"
               "\n"
               "- func: f.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)\n"
               "  structured: True\n"
               "  dispatch:\n"
               "    CPU, CUDA: f_out\n"
               "    SparseCsrCUDA: f_csr_out\n"
               "    SparseCUDA: f_sparse_out\n"
               "\n"
               "- func: g(Tensor self, *, int[2] d=[1,1]) -> Tensor\n"
               "\n"
               "- func: h(Tensor self) -> Tensor\n"
               "  device_check: NoCheck\n"
               "  python_module: linalg\n"
               "  dispatch:\n"
               "    CompositeExplicitAutograd: h_default\n"
               "    MPS: h_mps\n"
               "  autogen: h.out\n"
               "\n"
               "- func: u.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)\n"
               "  structured: True\n"
               "  ufunc_inner_loop:\n"
               "    Generic: add (AllAndComplex)\n");
  const Operators operators = load(folder);
  EXPECT_TRUE(operators.problems().empty());
  EXPECT_EQ(served(operators, "f.out", "CUDA"), "own f_out");
  EXPECT_EQ(served(operators, "f", "CUDA"), "delegate f_out");
  EXPECT_EQ(served(operators, "f", "MPS"), "nothing");
  EXPECT_EQ(served(operators, "f", "Meta"), "generated");
  EXPECT_EQ(served(operators, "f", "SparseCsrCUDA"), "delegate f_csr_out");
  EXPECT_EQ(served(operators, "f", "SparseCUDA"), "nothing");  // see dispatch_key.cc
  EXPECT_EQ(served(operators, "f", "AutogradCUDA"), "nothing");
  EXPECT_EQ(served(operators, "g", "MPS"), "composite g");
  EXPECT_EQ(served(operators, "g", "NestedTensorCUDA"), "composite g");
  EXPECT_EQ(served(operators, "h", "MPS"), "own h_mps");
  EXPECT_EQ(served(operators, "h", "SparseCUDA"), "composite h_default");
  EXPECT_EQ(served(operators, "h", "NestedTensorCUDA"), "nothing");
  EXPECT_EQ(served(operators, "h.out", "CUDA"), "composite h_out");
  EXPECT_EQ(served(operators, "u.out", "CPU"), "own ufunc_u_CPU");
  EXPECT_EQ(served(operators, "u.out", "MPS"), "nothing");

  const Operator& f = *operators.find("f");
  EXPECT_TRUE(f.is_method);
  EXPECT_TRUE(f.device_check);
  EXPECT_EQ(f.tags, std::vector<std::string>{"core"});
  EXPECT_EQ(operators.find("f.out")->tags, std::vector<std::string>{"out"});
  const Operator& h = *operators.find("h");
  EXPECT_EQ(h.python_module, "linalg");
  EXPECT_FALSE(h.is_method);
  EXPECT_FALSE(h.device_check);
  EXPECT_EQ(h.line, 15u);
  const Operator& generated = *operators.find("h.out");
  EXPECT_EQ(generated.generated_from, "h");
  EXPECT_EQ(generated.schema.text(), "h.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)");
  EXPECT_EQ(operators.overloads("f").size(), 2u);
  EXPECT_EQ(operators.overloads("nothing").size(), 0u);
  EXPECT_EQ(operators.find("f.missing"), nullptr);
}

TEST(Operators, ReportsWhatItCannotRead) {
  const TestFolder folder;
  folder.write(kFile,
               "- func: broken(Tensor) -> Tensor\n"
               "- variants: method\n"
               "- func: good(Tensor self) -> Tensor\n"
               "  invented: 1\n"
               "- func: odd(Tensor self) -> Tensor\n"
               "  dispatch: CPU\n"
               "- func: odd(Tensor self) -> Tensor\n"
               "  structured: maybe\n"
               "- func: good(Tensor self) -> Tensor\n");
  const Operators operators = load(folder);
  const std::string file = kFile;
  EXPECT_EQ(
      operators.problems(),
      (std::vector<std::string>{file + ":1: left out: expected ` ` at column 14 of the schema",
                                file + ":2: left out: an entry without `func`",
                                file + ":4: the field invented of good is not known: ignored",
                                file + ":5: left out: `dispatch` is not a map of keys to kernels",
                                file + ":7: left out: `structured` is neither True nor False",
                                file + ":9: good stands twice"}));
  folder.write(kFile, "a: 1\n");
  EXPECT_THROW(load(folder), ReadError);
  std::filesystem::rename(folder.at(kFile), folder.at("other.yaml"));
  EXPECT_THROW(load(folder), ReadError);
}

/// Facts of PyTorch 2.13.0 that were counted with torchgen itself.
TEST(Operators, KnowsTheInstalledPyTorch) {
  const TorchSource torch = open_torch(TORCHDEVICE_TEST_TORCH);
  if (torch.identity.version.substr(0, 6) != "2.13.0") {
    GTEST_SKIP() << "counted for 2.13.0, not " << torch.identity.version;
  }
  const Operators operators = load_operators(*torch.tree);
  EXPECT_TRUE(operators.problems().empty());
  EXPECT_EQ(operators.all().size(), 3101u);
  std::size_t cuda = 0;
  std::size_t ufunc = 0;
  std::size_t without_cpu = 0;
  std::size_t without_mps = 0;
  std::size_t sparse_named = 0;
  std::size_t sparse_served = 0;
  std::set<std::string> public_without_mps;
  constexpr std::array<const char*, 4> kSparse = {"SparseCUDA", "SparseCsrCUDA", "QuantizedCUDA",
                                                  "NestedTensorCUDA"};
  for (const Operator& op : operators.all()) {
    const auto own = [&](const char* key) {
      const ServedBy by = operators.resolve(op, key).served_by;
      return by == ServedBy::Own || by == ServedBy::Delegate;
    };
    sparse_named +=
        std::ranges::any_of(kSparse, [&](const char* key) { return op.kernel(key) != nullptr; });
    sparse_served += std::ranges::any_of(kSparse, own);
    if (!own("CUDA")) {
      continue;
    }
    ++cuda;
    ufunc += operators.resolve(op, "CUDA").kernel->name.starts_with("ufunc_");
    without_cpu += !operators.resolve(op, "CPU");
    if (!operators.resolve(op, "MPS")) {
      ++without_mps;
      if (!op.schema.name.starts_with("_")) {
        public_without_mps.insert(op.schema.name);
      }
    }
  }
  EXPECT_EQ(cuda, 1268u);
  EXPECT_EQ(ufunc, 3u);  // named by ufunc_inner_loop, not under `dispatch`
  EXPECT_EQ(without_cpu, 96u);
  EXPECT_EQ(without_mps, 248u);
  EXPECT_EQ(public_without_mps.size(), 92u);
  EXPECT_EQ(sparse_named, 286u);
  EXPECT_EQ(sparse_served, 291u);
}

}  // namespace
}  // namespace torchdevice::gap
