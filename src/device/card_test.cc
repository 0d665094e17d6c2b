#include "device/card.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace torchdevice {
namespace {

TEST(Card, TheDefaultSupportsBfloat16) {
  EXPECT_GE(find_card("").major, 8);
  EXPECT_EQ(find_card("").name, find_card("a100-40gb").name);
}

/// CUDA C++ Programming Guide, "Technical Specifications per Compute Capability": a block can opt
/// in to 1 KiB less than a multiprocessor has from 8.0 on, to all of it before.
TEST(Card, SharedMemoryFollowsTheComputeCapability) {
  for (const char* name : {"a100-40gb", "a100-80gb", "h100-80gb", "rtx-4090", "t4", "v100-16gb"}) {
    const Card& card = find_card(name);
    const std::size_t reserved = card.major >= 8 ? 1024 : 0;
    EXPECT_EQ(card.shared_memory_per_block_optin + reserved, card.shared_memory_per_multiprocessor)
        << name;
    EXPECT_EQ(card.max_threads_per_multi_processor % card.warp_size, 0) << name;
  }
}

TEST(Card, AnUnknownProfileNamesTheKnownOnes) {
  try {
    find_card("voodoo2");
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    EXPECT_EQ(text.find("TORCHDEVICE_PROFILE=voodoo2 is not a known card: use one of "), 0u);
    EXPECT_NE(text.find("h100-80gb"), std::string::npos);
  }
}

TEST(Card, UuidsDifferAndLookLikeUuids) {
  std::set<std::string> uuids;
  for (int ordinal = 0; ordinal < 16; ++ordinal) {
    const std::string uuid = card_uuid(ordinal);
    ASSERT_EQ(uuid.size(), 36u);
    for (const std::size_t at : {8, 13, 18, 23}) EXPECT_EQ(uuid[at], '-');
    uuids.insert(uuid);
  }
  EXPECT_EQ(uuids.size(), 16u);
}

}  // namespace
}  // namespace torchdevice
