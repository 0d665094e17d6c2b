#include "device/redirect/boxed.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "device/allocator.h"
#include "device/redirect/alias.h"
#include "device/redirect/call.h"
#include "device/redirect/detour.h"
#include "device/report.h"

namespace torchdevice {
namespace {

using c10::IValue;
using torch::jit::Stack;

/// A plan, and the strings and types that it needs, for an operator met at run time.
struct BoxedPlan {
  std::string name;
  Plan plan{};
  std::vector<bool> takes_generator;

  explicit BoxedPlan(const c10::FunctionSchema& schema)
      : name(c10::toString(schema.operator_name())) {
    plan.name = name.c_str();
    plan.method = plan.name;
    plan.device_check = DeviceCheck::kNone;
    plan.served = Served::kFallback;
    const auto& arguments = schema.arguments();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto* alias = arguments[i].alias_info();
      if (alias != nullptr && alias->isWrite() && i < 64) plan.written |= uint64_t{1} << i;
      takes_generator.push_back(
          arguments[i].type()->isSubtypeOf(*c10::OptionalType::create(c10::GeneratorType::get())));
    }
  }
};

/// The plan of an operator, made at its first call. Plans live for ever; any thread.
const BoxedPlan& plan_of(const c10::OperatorHandle& op) {
  static auto* plans = new std::unordered_map<c10::OperatorHandle, std::unique_ptr<BoxedPlan>>();
  static auto* mutex = new std::shared_mutex();
  {
    const std::shared_lock<std::shared_mutex> lock(*mutex);
    if (const auto found = plans->find(op); found != plans->end()) return *found->second;
  }
  const std::unique_lock<std::shared_mutex> lock(*mutex);
  auto& plan = (*plans)[op];
  if (plan == nullptr) plan = std::make_unique<BoxedPlan>(op.schema());
  return *plan;
}

/// Visits every tensor of an argument or result, also in a list.
template <class Visit>
void each_tensor(const IValue& value, Visit&& visit) {
  if (value.isTensor()) {
    visit(value.toTensor());
  } else if (value.isList()) {
    for (const IValue& item : value.toListRef()) {
      if (item.isTensor()) visit(item.toTensor());
    }
  }
}

/// `value` with each of its tensors replaced by `replace(tensor)`.
template <class Replace>
IValue map_tensors(const IValue& value, Replace&& replace) {
  if (value.isTensor()) return replace(value.toTensor());
  if (!value.isList()) return value;
  const auto list = value.toList();
  if (!list.elementType()->isSubtypeOf(*c10::OptionalType::create(c10::TensorType::get()))) {
    return value;
  }
  auto result = c10::impl::GenericList(list.elementType());
  result.reserve(list.size());
  for (const IValue& item : value.toListRef()) {
    result.push_back(item.isTensor() ? IValue(replace(item.toTensor())) : item);
  }
  return result;
}

/// The arguments of one call with the aliases of their tensors, which end with it.
class BoxedArguments {
 public:
  BoxedArguments(Stack originals, const BoxedPlan& plan, const Call& call)
      : originals_(std::move(originals)), takes_generator_(plan.takes_generator), call_(call) {
    for (uint32_t i = 0; i < originals_.size(); ++i) {
      each_tensor(originals_[i], [&](const at::Tensor& tensor) {
        entries_.push_back({tensor, make_alias(tensor), i});
      });
    }
  }
  ~BoxedArguments() {
    for (auto& entry : entries_) release_alias(entry.original, entry.alias);
  }
  BoxedArguments(const BoxedArguments&) = delete;
  BoxedArguments& operator=(const BoxedArguments&) = delete;

  /// What to hand to the host kernel.
  Stack host() const {
    Stack stack;
    stack.reserve(originals_.size());
    auto next = entries_.begin();
    for (std::size_t i = 0; i < originals_.size(); ++i) {
      stack.push_back(takes_generator_[i] ? generator(originals_[i])
                                          : map_tensors(originals_[i], [&](const at::Tensor&) {
                                              return (next++)->alias;
                                            }));
      if (call_.device >= 0 && stack.back().isDevice() && stack.back().toDevice().is_cuda()) {
        stack.back() = c10::Device(c10::kCPU);
      }
    }
    return stack;
  }

  template <class Visit>
  void aliases(Visit&& visit) {
    for (auto& entry : entries_) visit(entry.original, entry.alias, entry.index);
  }

 private:
  struct Entry {
    at::Tensor original;
    at::Tensor alias;
    uint32_t index;
  };

  IValue generator(const IValue& passed) const {
    auto host = generator_for(passed.toOptional<at::Generator>(), call_);
    return host.has_value() ? IValue(*std::move(host)) : IValue();
  }

  Stack originals_;
  const std::vector<bool>& takes_generator_;
  const Call& call_;
  std::vector<Entry> entries_;
};

/// Wraps the results on the stack as CUDA tensors.
void finish_stack(Stack& results, const Call& call, const Detour& detour, VisitAliases visit) {
  std::vector<at::Tensor> tensors;
  for (const IValue& result : results) {
    each_tensor(result, [&](const at::Tensor& tensor) { tensors.push_back(tensor); });
  }
  std::vector<at::Tensor*> pointers;
  pointers.reserve(tensors.size());
  for (auto& tensor : tensors) pointers.push_back(&tensor);
  if (detour.active()) detour.narrow(pointers);
  finish_results(pointers, call, visit);
  auto next = tensors.begin();
  for (IValue& result : results) {
    result = map_tensors(result, [&](const at::Tensor&) { return *next++; });
  }
}

void redirect_boxed(const c10::OperatorHandle& op, Stack* stack) {
  const auto& plan = plan_of(op);
  TORCH_CHECK_NOT_IMPLEMENTED(
      op.hasComputedKernelForDispatchKey(c10::DispatchKey::CPU), "Could not run '", plan.name,
      "' with arguments from the 'CUDA' backend. This could be because the operator doesn't exist "
      "for this backend, or was omitted during the selective/custom build process (if using custom "
      "build).");
  report::Timer timer(plan.plan.name, plan.plan.served);
  const auto count = op.schema().arguments().size();
  Stack originals(std::make_move_iterator(stack->end() - static_cast<int64_t>(count)),
                  std::make_move_iterator(stack->end()));
  torch::jit::drop(*stack, count);

  DeviceScan scan(plan.plan);
  for (uint32_t i = 0; i < count; ++i) {
    each_tensor(originals[i], [&](const at::Tensor& tensor) {
      if (tensor.defined()) scan.see(tensor, i);
    });
  }
  Call call{plan.plan, scan.device()};
  BoxedArguments arguments(std::move(originals), plan, call);
  const auto visit = [&](auto&& see) { arguments.aliases(see); };
  Detour detour;
  Stack results = arguments.host();
  constexpr c10::DispatchKeySet kHost(c10::DispatchKey::CPU);
  try {
    op.redispatchBoxed(kHost, &results);
  } catch (const c10::Error& error) {
    detour.begin(error, visit);
    timer.served = Served::kDtypeDetour;
    results = arguments.host();
    op.redispatchBoxed(kHost, &results);
  }
  finish_stack(results, call, detour, visit);
  if (detour.active()) detour.end(call, visit);
  if (plan.plan.written != 0) write_back_all(call, visit);
  stack->insert(stack->end(), std::make_move_iterator(results.begin()),
                std::make_move_iterator(results.end()));
}

}  // namespace

void register_fallback() {
  static auto* handle =
      new c10::RegistrationHandleRAII(c10::Dispatcher::singleton().registerFallback(
          c10::DispatchKey::CUDA, c10::KernelFunction::makeFromBoxedFunction<&redirect_boxed>(),
          "torchdevice"));
  (void)handle;
}

}  // namespace torchdevice
