#include "device/freelist.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
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

struct Small {
  int value;
};

}  // namespace

template <>
struct FreelistTraits<Small> : SlabTraits<Small> {};

namespace {

TEST(Freelist, SlabsServeEveryThreadAndGiveEachItemOnce) {
  std::set<Small*> first;
  std::thread([&] {
    for (int i = 0; i < 1000; ++i) first.insert(Freelist<Small>::take());
    for (auto* item : first) Freelist<Small>::put(item);
  }).join();
  EXPECT_EQ(first.size(), 1000U);
  std::set<Small*> second;
  for (int i = 0; i < 1000; ++i) second.insert(Freelist<Small>::take());
  EXPECT_EQ(second, first) << "what a thread put back serves the next one";
  for (auto* item : second) Freelist<Small>::put(item);
}

}  // namespace
}  // namespace torchdevice
