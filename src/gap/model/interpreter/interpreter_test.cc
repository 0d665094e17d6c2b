#include "gap/model/interpreter/interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace torchdevice::gap {
namespace {

const std::string kFixtures = std::string(TORCHDEVICE_TEST_DATA) + "/interpreter";

/// The small PyTorch of tests/gap/interpreter/library.
class LibraryTest : public testing::Test {
 protected:
  LibraryTest() : tree_(SourceTree::open(kFixtures + "/library/torch")), interpreter_({}) {
    interpreter_.add(*tree_, Role::Library);
  }

  Value* get(std::string_view dotted) { return interpreter_.resolve(dotted); }
  std::string defined_as(std::string_view dotted) {
    Value* value = get(dotted);
    return value == nullptr ? "absent" : std::string(interpreter_.defined_as(value));
  }
  std::vector<std::string> all(std::string_view module) {
    std::vector<std::string> names;
    const Sequence* listed = interpreter_.all(interpreter_.import(module));
    if (listed == nullptr) return names;
    for (const Value* name : listed->items) {
      names.emplace_back(name->string() == nullptr ? "?" : *name->string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::unique_ptr<SourceTree> tree_;
  Interpreter interpreter_;
};

using Names = std::vector<std::string>;

TEST_F(LibraryTest, AllIsWhatTheLoopsOverTheCModuleMakeOfIt) {
  // strided is no name of torch._C, split and matmul come from _VariableFunctions, segment_reduce
  // is renamed, unique_dim is skipped, float32 is taken for its type.
  EXPECT_EQ(all("torch"), (Names{"Generator", "Tensor", "dtype", "float32", "layout", "matmul",
                                 "set_num_threads", "split", "typename"}));
  EXPECT_FALSE(interpreter_.all(interpreter_.import("torch"))->complete);
  EXPECT_EQ(all("torch.cuda"), (Names{"Stream", "is_available", "memory_stats", "synchronize"}));
  EXPECT_TRUE(interpreter_.all(interpreter_.import("torch.cuda"))->complete);
  EXPECT_EQ(interpreter_.all(interpreter_.import("torch._tensor")), nullptr);
}

TEST_F(LibraryTest, AllIsOpenWhereAFunctionThatIsNotFollowedAddsToIt) {
  EXPECT_EQ(all("torch.registry"), Names{"listed"});
  const Sequence* names = interpreter_.all(interpreter_.import("torch.registry"));
  EXPECT_FALSE(names->complete);
  ASSERT_EQ(names->holes.size(), 1u);
  EXPECT_EQ(names->holes[0].reason, "_export() adds names where it is not followed");
  EXPECT_EQ(all("torch.followed"), (Names{"abs", "abs_"}));
  EXPECT_TRUE(interpreter_.all(interpreter_.import("torch.followed"))->complete);
}

TEST_F(LibraryTest, ADecoratorThatIsCalledGivesTheFunction) {
  const auto* old = get("torch.followed.old_abs")->as<Function>();
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->qualified_name, "torch.followed.abs");
  EXPECT_EQ(old->deprecated, "use abs");
  EXPECT_TRUE(get("torch.followed.abs")->as<Function>()->deprecated.empty());
}

TEST_F(LibraryTest, PythonOverridesTheNameFromC) {
  EXPECT_EQ(defined_as("torch.split"), "torch.functional.split");
  EXPECT_EQ(defined_as("torch.matmul"), "torch._C._VariableFunctions.matmul");
  EXPECT_EQ(defined_as("torch._segment_reduce"), "torch._C._VariableFunctions.segment_reduce");
}

TEST_F(LibraryTest, KnowsWhatIsNotThere) {
  EXPECT_EQ(get("torch.TensorBase"), nullptr);
  EXPECT_EQ(get("torch.cuda.old"), nullptr);
  EXPECT_EQ(get("torch.cuda.nothing"), nullptr);
  EXPECT_EQ(get("torch.Tensor.nothing"), nullptr);
  EXPECT_EQ(interpreter_.import("torch.nothing"), nullptr);
  EXPECT_EQ(interpreter_.import("numpy"), nullptr);
}

TEST_F(LibraryTest, ACModuleCanHaveMoreThanItsStub) {
  const Value* value = get("torch._C._linalg.linalg_inv");
  ASSERT_NE(value, nullptr);
  ASSERT_NE(value->as<External>(), nullptr);
  EXPECT_EQ(value->as<External>()->path, "torch._C._linalg.linalg_inv");
}

TEST_F(LibraryTest, AddDocstrGivesTheCFunctionItsDocstring) {
  const Value* value = get("torch.functional.det");
  ASSERT_NE(value, nullptr);
  ASSERT_NE(value->as<External>(), nullptr);
  EXPECT_EQ(value->as<External>()->path, "torch._C._linalg.linalg_det");
  EXPECT_EQ(value->as<External>()->docstring, "det(A) -> Tensor");
}

TEST_F(LibraryTest, HasattrOfACModuleIsUndecided) {
  const Binding* binding = interpreter_.binding(interpreter_.import("torch.cuda"), "_count");
  ASSERT_NE(binding, nullptr);
  ASSERT_NE(binding->definition.condition, nullptr);
  EXPECT_EQ(binding->definition.condition->text(),
            "not (hasattr(torch._C, \"_cuda_getDeviceCount\"))");
  ASSERT_EQ(binding->alternatives.size(), 1u);
  EXPECT_EQ(interpreter_.defined_as(interpreter_.force(binding->alternatives[0].value)),
            "torch._C._cuda_getDeviceCount");
}

TEST_F(LibraryTest, TypeCheckingIsFalse) {
  const auto* function = get("torch.typename")->as<Function>();
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(function->definition->parameters[0].kind, ParameterKind::PositionalOnly);
  const Binding* binding = interpreter_.binding(interpreter_.import("torch"), "typename");
  EXPECT_EQ(binding->definition.condition, nullptr);
}

TEST_F(LibraryTest, DecoratorsThatWrapKeepWhatTheyWrap) {
  for (const auto& [name, wrapper] :
       {std::pair("torch.cuda.synchronize", "torch.cuda._logged.<locals>.inner"),
        std::pair("torch.cuda.memory_stats", "torch.utils._wrapped.<locals>.in_context")}) {
    const Value* value = get(name);
    ASSERT_NE(value, nullptr) << name;
    EXPECT_EQ(interpreter_.defined_as(value), wrapper);
    ASSERT_NE(value->as<Function>(), nullptr) << name;
    ASSERT_NE(value->as<Function>()->wrapped, nullptr) << name;
    EXPECT_EQ(interpreter_.defined_as(value->as<Function>()->wrapped), name);
    EXPECT_TRUE(value->as<Function>()->undecided.empty());
  }
}

TEST_F(LibraryTest, ACallGivesTheClosure) {
  EXPECT_EQ(defined_as("torch.functional.unique"),
            "torch._jit_internal.boolean_dispatch.<locals>.fn");
}

TEST_F(LibraryTest, ClassesHaveTheirMembersAndThoseOfTheirBases) {
  Value* tensor = get("torch.Tensor");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor, get("torch._tensor.Tensor"));
  const std::vector<Value*> order = interpreter_.mro(tensor);
  ASSERT_EQ(order.size(), 2u);
  EXPECT_EQ(interpreter_.defined_as(order[1]), "torch._C.TensorBase");
  EXPECT_EQ(defined_as("torch.Tensor.size"), "torch._tensor.Tensor.size");
  EXPECT_EQ(defined_as("torch.Tensor.cuda"), "torch._C.TensorBase.cuda");
  const auto* grad = get("torch.Tensor.grad")->as<Property>();
  ASSERT_NE(grad, nullptr);
  EXPECT_NE(grad->setter, nullptr);
  EXPECT_EQ(get("torch.Tensor.of")->as<Function>()->binding, Function::Binding::Class);
  EXPECT_NE(get("torch.Tensor.__gt__"), get("torch.Tensor.__lt__"));
}

TEST_F(LibraryTest, AnAliasIsTheSameValue) {
  EXPECT_EQ(get("torch.cuda.Event"), get("torch.cuda.Stream"));
  EXPECT_EQ(get("torch.cuda.Stream.wait"), get("torch.cuda.Stream.wait_stream"));
}

TEST_F(LibraryTest, OverloadsAreKept) {
  Value* stub = interpreter_.import_stub("torch._C._VariableFunctions");
  ASSERT_NE(stub, nullptr);
  const auto* split = interpreter_.attribute(stub, "split")->as<Function>();
  ASSERT_NE(split, nullptr);
  EXPECT_EQ(split->overloads.size(), 2u);
}

TEST_F(LibraryTest, AModuleCanPutAnObjectInItsPlace) {
  Value* cudnn = get("torch.backends.cudnn");
  ASSERT_NE(cudnn, nullptr);
  ASSERT_NE(cudnn->as<Instance>(), nullptr);
  EXPECT_EQ(cudnn, interpreter_.import("torch.backends.cudnn"));
  EXPECT_EQ(defined_as("torch.backends.cudnn.version"), "torch.backends.cudnn.version");
  EXPECT_EQ(all("torch.backends.cudnn"), Names{"version"});
}

TEST_F(LibraryTest, ModuleGetattrIsFollowed) {
  EXPECT_EQ(get("torch.has_cuda"), get("torch.cuda.is_available"));
  EXPECT_EQ(get("torch.nothing"), nullptr);
}

/// The installed PyTorch.
class TorchTest : public testing::Test {
 protected:
  TorchTest() : tree_(SourceTree::open(TORCHDEVICE_TEST_TORCH)), interpreter_({}) {
    interpreter_.add(*tree_, Role::Library);
  }
  std::string defined_as(std::string_view dotted) {
    Value* value = interpreter_.resolve(dotted);
    return value == nullptr ? "absent" : std::string(interpreter_.defined_as(value));
  }

  std::unique_ptr<SourceTree> tree_;
  Interpreter interpreter_;
};

TEST_F(TorchTest, FindsWhatNamesStandFor) {
  EXPECT_EQ(defined_as("torch.cuda.is_available"), "torch.cuda.is_available");
  EXPECT_EQ(defined_as("torch.nn.Linear"), "torch.nn.modules.linear.Linear");
  EXPECT_EQ(defined_as("torch.stft"), "torch.functional.stft");
  EXPECT_EQ(defined_as("torch.nn.functional.conv2d"), "torch._C._VariableFunctions.conv2d");
  EXPECT_EQ(defined_as("torch.linalg.det"), "torch._C._linalg.linalg_det");
  EXPECT_EQ(defined_as("torch.nn.functional.max_pool2d"),
            "torch._jit_internal.boolean_dispatch.<locals>.fn");
  EXPECT_EQ(defined_as("torch.nn.init.uniform"),
            "torch.nn.init._make_deprecate.<locals>.deprecated_init");
  EXPECT_EQ(interpreter_.resolve("torch.cuda.no_such_name"), nullptr);
}

TEST_F(TorchTest, WrappersLeadToWhatTheyWrap) {
  const Value* value = interpreter_.resolve("torch.nn.utils.clip_grad_norm_");
  ASSERT_NE(value, nullptr);
  ASSERT_NE(value->as<Function>(), nullptr);
  ASSERT_NE(value->as<Function>()->wrapped, nullptr);
  EXPECT_EQ(interpreter_.defined_as(value->as<Function>()->wrapped),
            "torch.nn.utils.clip_grad.clip_grad_norm_");
}

TEST_F(TorchTest, AllIsOpenWhereNamesAreAddedUnseen) {
  for (const char* module :
       {"torch._refs", "torch.onnx._internal.torchscript_exporter.symbolic_opset9"}) {
    const Sequence* all = interpreter_.all(interpreter_.import(module));
    ASSERT_NE(all, nullptr) << module;
    const bool lists_all = std::ranges::any_of(all->items, [](const Value* name) {
      return *name->string() == "abs_" || *name->string() == "max_pool1d_with_indices";
    });
    EXPECT_TRUE(lists_all || !all->complete) << module;
  }
  const Sequence* overrides = interpreter_.all(interpreter_.import("torch.overrides"));
  ASSERT_NE(overrides, nullptr);
  EXPECT_TRUE(overrides->complete);  // what it appends to is another list
}

TEST_F(TorchTest, AllOfTorchIsOpenBecauseItsCModuleIs) {
  const Sequence* all = interpreter_.all(interpreter_.import("torch"));
  ASSERT_NE(all, nullptr);
  EXPECT_FALSE(all->complete);
  EXPECT_FALSE(all->holes.empty());
  EXPECT_GT(all->items.size(), 850u);
}

}  // namespace
}  // namespace torchdevice::gap
