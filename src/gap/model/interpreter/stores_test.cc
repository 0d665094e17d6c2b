#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gap/model/interpreter/interpreter.h"

namespace torchdevice::gap {
namespace {

const std::string kFixtures = std::string(TORCHDEVICE_TEST_DATA) + "/interpreter";

/// What tests/gap/interpreter/subject does to the small PyTorch beside it.
class StoresTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    library_ = SourceTree::open(kFixtures + "/library/torch");
    subject_ = SourceTree::open(kFixtures + "/subject/overlay");
    interpreter_ = std::make_unique<Interpreter>(Interpreter::Options{});
    interpreter_->add(*library_, Role::Library);
    interpreter_->add(*subject_, Role::Subject);
    interpreter_->stores();
  }
  static void TearDownTestSuite() {
    interpreter_.reset();
    subject_.reset();
    library_.reset();
  }

  /// The stores into `owner.name` that stand in `file`.
  static std::vector<const Store*> stores(std::string_view target, std::string_view file) {
    std::vector<const Store*> found;
    for (const Store& store : interpreter_->stores()) {
      const std::string name =
          std::string(interpreter_->defined_as(store.owner)) + "." + std::string(store.name);
      if (name == target && store.place.text().find(file) != std::string::npos) {
        found.push_back(&store);
      }
    }
    return found;
  }
  static const Store* store(std::string_view target, std::string_view file) {
    const auto found = stores(target, file);
    return found.size() == 1 ? found[0] : nullptr;
  }
  static std::string value_of(const Store& store) {
    return std::string(interpreter_->defined_as(store.value));
  }

  inline static std::unique_ptr<SourceTree> library_;
  inline static std::unique_ptr<SourceTree> subject_;
  inline static std::unique_ptr<Interpreter> interpreter_;
};

TEST_F(StoresTest, SeesEveryWayToAssign) {
  for (const auto& [target, kind] : std::vector<std::pair<std::string, StoreKind>>{
           {"torch.cuda.is_available", StoreKind::Assignment},
           {"torch.cuda.synchronize", StoreKind::Assignment},
           {"torch.cuda.Stream.wait", StoreKind::Assignment},
           {"torch.cuda.memory_stats", StoreKind::Setattr},
           {"torch._tensor.Tensor.npu", StoreKind::Assignment},
           {"torch.cuda.device_count", StoreKind::Setattr},
           {"torch.manual_seed", StoreKind::Setattr},
           {"torch.__all__", StoreKind::AugmentedAssignment},
           {"torch.typename", StoreKind::Delete},
           {"torch.matmul", StoreKind::Delete}}) {
    const Store* found = store(target, "assignments.py");
    ASSERT_NE(found, nullptr) << target;
    EXPECT_EQ(found->kind, kind) << target;
    EXPECT_TRUE(found->reached) << target;
    EXPECT_FALSE(found->temporary) << target;
  }
}

TEST_F(StoresTest, KnowsWhatTheNameStoodFor) {
  EXPECT_EQ(store("torch._tensor.Tensor.npu", "assignments.py")->before, nullptr);
  const Store* replaced = store("torch.cuda.is_available", "assignments.py");
  ASSERT_NE(replaced->before, nullptr);
  EXPECT_EQ(interpreter_->defined_as(replaced->before), "torch.cuda.is_available");
  EXPECT_EQ(value_of(*replaced), "overlay.assignments.available");
}

TEST_F(StoresTest, WhatTheSubjectMadeIsItsOwn) {
  EXPECT_TRUE(stores("torch.cuda.Stream.attribute", "assignments.py").empty());
  EXPECT_TRUE(stores("overlay.classes.Stream.mine", "classes.py").empty());
  for (const Store& store : interpreter_->stores()) EXPECT_NE(store.name, "attribute");
}

TEST_F(StoresTest, UnrollsLoops) {
  for (const char* target :
       {"torch.cuda.empty_cache", "torch.cuda.mem_get_info", "torch.cuda.ipc_collect",
        "torch.cuda.reset", "torch.cuda.max_memory_0", "torch.cuda.min_memory_1",
        "torch.cuda.FloatTensor", "torch.cuda.HalfTensor", "torch.split", "torch.unique",
        "torch.cuda.memory_stats"}) {
    EXPECT_NE(store(target, "loops.py"), nullptr) << target;
  }
}

TEST_F(StoresTest, ANameThatOnlyARunKnowsIsListed) {
  const Store* found = store("torch.", "loops.py");
  ASSERT_NE(found, nullptr);
  EXPECT_NE(found->unknown.find("os.environ"), std::string_view::npos);
}

TEST_F(StoresTest, FollowsHelpersWithTheirArguments) {
  for (const char* target : {"torch.cuda.by_helper", "torch.cuda.by_keyword", "torch.cuda.by_path",
                             "torch.cuda.by_partial", "torch.cuda.is_available"}) {
    const Store* found = store(target, "helpers.py");
    ASSERT_NE(found, nullptr) << target;
    EXPECT_FALSE(found->calls.empty()) << target;
  }
  const Store* decorated = store("torch.cuda.current_device", "helpers.py");
  ASSERT_NE(decorated, nullptr);
  const auto* wrapper = decorated->value->as<Function>();
  ASSERT_NE(wrapper, nullptr);
  EXPECT_EQ(interpreter_->defined_as(wrapper->wrapped), "overlay.helpers.current_device");
}

TEST_F(StoresTest, EntersWhatNobodyCalls) {
  const Store* found = store("torch.cuda.from_uncalled", "helpers.py");
  ASSERT_NE(found, nullptr);
  EXPECT_FALSE(found->reached);
  ASSERT_NE(found->value->string(), nullptr);
  EXPECT_EQ(*found->value->string(), "fallback");
}

TEST_F(StoresTest, CarriesConditions) {
  EXPECT_EQ(store("torch.cuda.decided", "conditions.py")->condition, nullptr);
  EXPECT_EQ(store("torch.cuda.never", "conditions.py"), nullptr);
  EXPECT_EQ(store("torch.cuda.maybe", "conditions.py")->condition->text(),
            "os.environ.get(\"OVERLAY\")");
  EXPECT_EQ(store("torch.cuda.otherwise", "conditions.py")->condition->text(),
            "not (os.environ.get(\"OVERLAY\"))");
  EXPECT_EQ(store("torch.cuda.after_return", "conditions.py")->condition->text(), "enabled()");
  EXPECT_EQ(store("torch.cuda.in_one_branch", "conditions.py")->condition->text(),
            "os.environ.get(\"BRANCH\")");
  EXPECT_EQ(store("torch.cuda.in_the_other", "conditions.py")->condition->text(),
            "not (os.environ.get(\"BRANCH\"))");
  EXPECT_EQ(store("torch.cuda.without_missing", "conditions.py")->condition, nullptr);
}

TEST_F(StoresTest, SaysOnceWhereABoundCutsAFunctionShort) {
  const auto lines = [](std::string_view part) {
    return std::ranges::count_if(interpreter_->problems(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  EXPECT_EQ(lines("bounds.py:6: overlay.bounds.walk(): it calls itself"), 1);
  EXPECT_EQ(lines("overlay.bounds.count(): a loop has more rounds"), 1);
  EXPECT_EQ(lines("overlay.bounds.often(): it is called too often"), 1);
  EXPECT_EQ(lines("bounds.py"), 3);  // harmless() stores nothing
}

TEST_F(StoresTest, WhatIsPutBackIsTemporary) {
  for (const char* target : {"torch.cuda.synchronize", "torch.manual_seed"}) {
    const auto found = stores(target, "contexts.py");
    ASSERT_EQ(found.size(), 2u) << target;
    EXPECT_TRUE(found[0]->temporary) << target;
    EXPECT_TRUE(found[1]->temporary) << target;
  }
}

TEST_F(StoresTest, SeesClassesModulesHooksAndMocks) {
  EXPECT_EQ(value_of(*store("torch.cuda.Stream", "classes.py")), "overlay.classes.Stream");
  EXPECT_EQ(value_of(*store("torch.cuda.Event", "classes.py")), "overlay.classes.Event");
  EXPECT_EQ(store("sys.modules.torch.npu", "modules.py")->kind, StoreKind::SysModules);
  EXPECT_NE(store("sys.modules.torch.cuda", "modules.py")->before, nullptr);
  EXPECT_EQ(store("sys.meta_path.", "modules.py")->kind, StoreKind::ImportHook);
  for (const char* target :
       {"torch.cuda.is_available", "torch.cuda.synchronize", "torch.manual_seed"}) {
    const Store* mocked = store(target, "mocks.py");
    ASSERT_NE(mocked, nullptr) << target;
    EXPECT_EQ(mocked->kind, StoreKind::MockPatch) << target;
    EXPECT_TRUE(mocked->temporary) << target;
  }
}

}  // namespace
}  // namespace torchdevice::gap
