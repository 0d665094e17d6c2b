#include "device/freelist.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace torchdevice {
namespace {

std::atomic<int> living{0};

struct Item {
  Item() { ++living; }
  ~Item() { --living; }
};

TEST(Freelist, ReusesTheLastItemPutBack) {
  auto* first = Freelist<Item>::take();
  Freelist<Item>::put(first);
  EXPECT_EQ(Freelist<Item>::take(), first);
  Freelist<Item>::put(first);
}

TEST(Freelist, AThreadTakesItsItemsWithIt) {
  const int before = living;
  std::thread([] {
    Item* items[300];
    for (auto*& item : items) item = Freelist<Item>::take();
    for (auto* item : items) Freelist<Item>::put(item);
  }).join();
  EXPECT_EQ(living, before);
}

TEST(Freelist, ItemsMayCrossThreads) {
  const int before = living;
  Item* item = nullptr;
  std::thread([&] { item = Freelist<Item>::take(); }).join();
  std::thread([&] { Freelist<Item>::put(item); }).join();
  EXPECT_EQ(living, before);
}

}  // namespace
}  // namespace torchdevice
