#pragma once

#include <c10/macros/Macros.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace torchdevice {

/// How an operator call was served.
enum class Served : uint8_t {
  kRedirect,     ///< the host's own kernel, on aliased arguments
  kOwnKernel,    ///< a kernel of this project (the host has none)
  kDtypeDetour,  ///< computed in a wider dtype, then rounded: the host lacks the dtype
  kFallback,     ///< not known at build time (another library's operator): boxed
};

namespace report {

/// True while calls are counted. Off costs one load per operator.
extern std::atomic<bool> enabled;

/// Counts one call. `op` is the operator's full name with overload (copied); `ns` its duration.
/// Thread safe. Only called while `enabled`.
void count(std::string_view op, Served served, uint64_t ns);

/// Counts and times one call of `op` from construction to destruction.
class Timer {
 public:
  Timer(const char* op, Served how) : served(how), op_(op) {
    if (C10_UNLIKELY(enabled)) start_ = std::chrono::steady_clock::now();
  }
  ~Timer() {
    if (C10_LIKELY(start_ == std::chrono::steady_clock::time_point())) return;
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    count(op_, served, std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  Served served;

 private:
  const char* op_;
  std::chrono::steady_clock::time_point start_;
};

/// Starts or stops counting; stopping keeps the counts.
void enable(bool on);
void reset();

/// The report so far: a table sorted by total time, and JSON with the same figures
/// ({"operators": [{"name", "served", "calls", "ns"}], "totals": {"calls", "ns",
/// "served": {served: {"calls", "ns"}}}}). Times of an operator include those it calls.
std::string text();
std::string json();

/// Writes the report where settings().report says, if anywhere. Called once at exit.
/// Failure to write is one line on standard error.
void write();

}  // namespace report
}  // namespace torchdevice
