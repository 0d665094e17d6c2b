#include "device/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace torchdevice {
namespace {

class Report : public ::testing::Test {
 protected:
  void SetUp() override { report::reset(); }
  void TearDown() override { report::reset(); }
};

TEST_F(Report, CountsByOperatorAndWay) {
  report::count("aten::add.Tensor", Served::kRedirect, 1000);
  report::count("aten::add.Tensor", Served::kRedirect, 3000);
  report::count("aten::add.Tensor", Served::kDtypeDetour, 10);
  report::count("aten::_thnn_fused_lstm_cell", Served::kOwnKernel, 500000);
  const auto json = nlohmann::json::parse(report::json());
  ASSERT_EQ(json["operators"].size(), 3u);
  EXPECT_EQ(json["operators"][0], (nlohmann::json{{"name", "aten::_thnn_fused_lstm_cell"},
                                                  {"served", "own kernel"},
                                                  {"calls", 1},
                                                  {"ns", 500000}}));
  EXPECT_EQ(json["operators"][1],
            (nlohmann::json{
                {"name", "aten::add.Tensor"}, {"served", "redirect"}, {"calls", 2}, {"ns", 4000}}));
  EXPECT_EQ(json["totals"]["calls"], 4);
  EXPECT_EQ(json["totals"]["ns"], 504010);
  EXPECT_EQ(json["totals"]["served"]["dtype detour"]["calls"], 1);
  EXPECT_EQ(json["totals"]["served"]["fallback"]["calls"], 0);
}

TEST_F(Report, TheTableShowsTheSameFigures) {
  report::count("aten::mm", Served::kRedirect, 3'000'000);
  report::count("torchvision::nms", Served::kFallback, 1'000'000);
  EXPECT_EQ(report::text(),
            "operator          served             calls      total ms     mean us     share\n"
            "------------------------------------------------------------------------------\n"
            "aten::mm          redirect               1         3.000     3000.00    75.0 %\n"
            "torchvision::nms  fallback               1         1.000     1000.00    25.0 %\n"
            "------------------------------------------------------------------------------\n"
            "                  redirect               1         3.000     3000.00    75.0 %\n"
            "                  fallback               1         1.000     1000.00    25.0 %\n"
            "total                                    2         4.000     2000.00   100.0 %\n");
}

TEST_F(Report, NothingCountedIsAnEmptyReport) {
  EXPECT_EQ(nlohmann::json::parse(report::json())["operators"].size(), 0u);
  EXPECT_NE(report::text().find("total"), std::string::npos);
}

TEST_F(Report, CountsOfThreadsThatEndedAreKept) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 1000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kCalls; ++i) {
        report::count(i % 2 ? "aten::relu" : "aten::view", Served::kRedirect, 7);
        if (i % 100 == 0) report::json();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto json = nlohmann::json::parse(report::json());
  EXPECT_EQ(json["totals"]["calls"], kThreads * kCalls);
  EXPECT_EQ(json["totals"]["ns"], 7 * kThreads * kCalls);
  EXPECT_EQ(json["operators"].size(), 2u);
}

TEST_F(Report, StoppingKeepsTheCounts) {
  report::enable(true);
  EXPECT_TRUE(report::enabled);
  report::count("aten::neg", Served::kRedirect, 1);
  report::enable(false);
  EXPECT_FALSE(report::enabled);
  EXPECT_NE(report::text().find("aten::neg"), std::string::npos);
}

}  // namespace
}  // namespace torchdevice
