#include "probe/resolver/slot_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace probe {
namespace {

TEST(SlotPoolTest, AHandleIsNoLongerValidOnceItsValueIsGone) {
  SlotPool<std::string> pool;
  const auto first = pool.Add();
  *pool.Find(first) = "first";
  pool.Remove(first);
  EXPECT_EQ(pool.Find(first), nullptr);
  const auto second = pool.Add();  // in the same place
  EXPECT_NE(second, first);
  EXPECT_EQ(pool.Find(first), nullptr);
  EXPECT_NE(pool.Find(second), nullptr);
  EXPECT_EQ(pool.size(), 1U);
}

TEST(SlotPoolTest, ValuesStayWhereTheyAreWhileItGrows) {
  SlotPool<int> pool;
  std::vector<std::pair<SlotPool<int>::Handle, int*>> places;
  for (int i = 0; i < 10'000; ++i) {
    const auto handle = pool.Add();
    places.emplace_back(handle, pool.Find(handle));
    *places.back().second = i;
  }
  for (int i = 0; i < 10'000; ++i) {
    const auto& [handle, place] = places[static_cast<std::size_t>(i)];
    EXPECT_EQ(pool.Find(handle), place);
    EXPECT_EQ(*place, i);
  }
}

TEST(SlotPoolTest, ZeroIsNobodysHandle) {
  SlotPool<int> pool;
  pool.Add();
  EXPECT_EQ(pool.Find(0), nullptr);
}

}  // namespace
}  // namespace probe
