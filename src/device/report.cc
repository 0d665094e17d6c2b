#include "device/report.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "device/settings.h"

namespace torchdevice::report {
namespace {

struct Count {
  uint64_t calls = 0;
  uint64_t ns = 0;

  Count& operator+=(const Count& other) {
    calls += other.calls;
    ns += other.ns;
    return *this;
  }
};

constexpr std::array<const char*, 4> kServedNames = {"redirect", "own kernel", "dtype detour",
                                                     "fallback"};

/// The counts of one operator, by Served.
using Counts = std::array<Count, kServedNames.size()>;

/// Lets a string_view be looked up without making a string.
struct Hash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Table = std::unordered_map<std::string, Counts, Hash, std::equal_to<>>;

/// A table that one thread at a time counts into. Its mutex is contended only by a report.
struct ThreadTable {
  std::mutex mutex;
  Table counts;
};

/// Owns every thread's table. A table outlives its thread, and then serves the next new one.
class Tables {
 public:
  ThreadTable* borrow() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) {
      all_.push_back(std::make_unique<ThreadTable>());
      return all_.back().get();
    }
    auto* table = idle_.back();
    idle_.pop_back();
    return table;
  }

  void give_back(ThreadTable* table) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(table);
  }

  void clear() {
    for_each([](Table& counts) { counts.clear(); });
  }

  Table sum() {
    Table sum;
    for_each([&](const Table& counts) {
      for (const auto& [op, by_served] : counts) {
        auto& total = sum[op];
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += by_served[i];
      }
    });
    return sum;
  }

 private:
  template <class Visit>
  void for_each(Visit visit) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& table : all_) {
      const std::lock_guard<std::mutex> table_lock(table->mutex);
      visit(table->counts);
    }
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<ThreadTable>> all_;
  std::vector<ThreadTable*> idle_;
};

/// Never destroyed: operators may run while statics are destroyed, and write() after that.
Tables& tables() {
  static auto* instance = new Tables();
  return *instance;
}

/// The calling thread's table. Trivially destructible, so that a call counted while the thread's
/// other objects are destroyed finds nullptr and borrows again.
constinit thread_local ThreadTable* own_table = nullptr;

struct GiveBack {
  ~GiveBack() {
    tables().give_back(own_table);
    own_table = nullptr;
  }
};

ThreadTable& thread_table() {
  if (own_table == nullptr) {
    own_table = tables().borrow();
    static thread_local GiveBack give_back;
    (void)give_back;
  }
  return *own_table;
}

struct Row {
  std::string name;
  std::size_t served;
  Count count;
};

struct Summary {
  std::vector<Row> rows;  ///< longest total time first
  Counts by_served;
  Count total;
};

Summary summarize() {
  Summary summary;
  for (const auto& [op, by_served] : tables().sum()) {
    for (std::size_t i = 0; i < by_served.size(); ++i) {
      if (by_served[i].calls == 0) continue;
      summary.rows.push_back({op, i, by_served[i]});
      summary.by_served[i] += by_served[i];
      summary.total += by_served[i];
    }
  }
  std::sort(summary.rows.begin(), summary.rows.end(), [](const Row& a, const Row& b) {
    return std::tie(b.count.ns, a.name, a.served) < std::tie(a.count.ns, b.name, b.served);
  });
  return summary;
}

std::string format_row(std::size_t name_width, const std::string& name, const char* served,
                       const Count& count, const Count& total) {
  std::array<char, 512> line{};
  std::snprintf(
      line.data(), line.size(), "%-*.*s  %-12s  %10llu  %12.3f  %10.2f  %6.1f %%\n",
      static_cast<int>(name_width), 400, name.c_str(), served,
      static_cast<unsigned long long>(count.calls), static_cast<double>(count.ns) / 1e6,
      static_cast<double>(count.ns) / 1e3 / static_cast<double>(std::max<uint64_t>(count.calls, 1)),
      100.0 * static_cast<double>(count.ns) / static_cast<double>(std::max<uint64_t>(total.ns, 1)));
  return line.data();
}

/// Replaces "%p" by the process id.
std::string expand_path(std::string path) {
  const std::string id = std::to_string(getpid());
  for (auto at = path.find("%p"); at != std::string::npos; at = path.find("%p", at + id.size())) {
    path.replace(at, 2, id);
  }
  return path;
}

}  // namespace

std::atomic<bool> enabled{false};

void count(std::string_view op, Served served, uint64_t ns) {
  auto& table = thread_table();
  const std::lock_guard<std::mutex> lock(table.mutex);
  auto entry = table.counts.find(op);
  if (entry == table.counts.end()) entry = table.counts.try_emplace(std::string(op)).first;
  entry->second[static_cast<std::size_t>(served)] += {1, ns};
}

void enable(bool on) { enabled = on; }

void reset() { tables().clear(); }

std::string text() {
  const Summary summary = summarize();
  std::size_t width = std::strlen("operator");
  for (const auto& row : summary.rows)
    width = std::max(width, std::min<std::size_t>(row.name.size(), 60));

  std::array<char, 512> header{};
  std::snprintf(header.data(), header.size(), "%-*s  %-12s  %10s  %12s  %10s  %8s\n",
                static_cast<int>(width), "operator", "served", "calls", "total ms", "mean us",
                "share");
  const std::string rule(std::strlen(header.data()) - 1, '-');

  std::string text = header.data() + rule + "\n";
  for (const auto& row : summary.rows) {
    text += format_row(width, row.name, kServedNames[row.served], row.count, summary.total);
  }
  text += rule + "\n";
  for (std::size_t i = 0; i < kServedNames.size(); ++i) {
    if (summary.by_served[i].calls == 0) continue;
    text += format_row(width, "", kServedNames[i], summary.by_served[i], summary.total);
  }
  text += format_row(width, "total", "", summary.total, summary.total);
  return text;
}

std::string json() {
  const Summary summary = summarize();
  const auto figures = [](const Count& count) {
    return nlohmann::ordered_json{{"calls", count.calls}, {"ns", count.ns}};
  };
  auto operators = nlohmann::ordered_json::array();
  for (const auto& row : summary.rows) {
    nlohmann::ordered_json entry = {{"name", row.name}, {"served", kServedNames[row.served]}};
    entry.update(figures(row.count));
    operators.push_back(std::move(entry));
  }
  auto served = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < kServedNames.size(); ++i) {
    served[kServedNames[i]] = figures(summary.by_served[i]);
  }
  auto totals = figures(summary.total);
  totals["served"] = std::move(served);
  return nlohmann::ordered_json{{"operators", std::move(operators)}, {"totals", std::move(totals)}}
             .dump(2) +
         "\n";
}

void write() {
  const std::string& where = settings().report;
  if (where.empty()) return;
  if (where == "-") {
    std::cerr << text();
    return;
  }
  const std::string path = expand_path(where);
  std::ofstream file(path);
  file << (path.ends_with(".json") ? json() : text());
  file.close();
  if (!file) std::cerr << "TORCHDEVICE_REPORT: cannot write " << path << "\n";
}

}  // namespace torchdevice::report
