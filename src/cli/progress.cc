#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace torchdevice::cli {

using namespace std::chrono_literals;

Progress::Progress(std::string activity) : activity_(std::move(activity)) {
  if (isatty(STDERR_FILENO) == 1) {
    thread_ = std::thread(&Progress::show, this);
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  finished_.notify_one();
  thread_.join();
}

void Progress::show() {
  constexpr const char* kEraseLine = "\r\x1b[K";
  std::unique_lock lock(mutex_);
  bool shown = false;
  for (auto waited = 1s; !finished_.wait_for(lock, 1s, [this] { return done_; }); waited += 1s) {
    fmt::print(stderr, "{}torchdevice: {} ({} s)", kEraseLine, activity_, waited.count());
    std::fflush(stderr);
    shown = true;
  }
  if (shown) {
    fmt::print(stderr, "{}", kEraseLine);
    std::fflush(stderr);
  }
}

}  // namespace torchdevice::cli
