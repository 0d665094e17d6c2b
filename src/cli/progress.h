#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace torchdevice::cli {

/// Says on standard error what goes on, from the second second on, if that is a terminal; the line
/// is gone when the object is.
class Progress {
 public:
  explicit Progress(std::string activity);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void show();

  std::string activity_;
  std::mutex mutex_;
  std::condition_variable finished_;
  bool done_ = false;
  std::thread thread_;  // none where standard error is no terminal
};

}  // namespace torchdevice::cli
