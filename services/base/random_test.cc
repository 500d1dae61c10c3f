#include "base/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace base {
namespace {

using ::testing::MatchesRegex;

// Every octet the same.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(std::uint8_t octet) : octet_(octet) {}
  void Fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, octet_); }

 private:
  const std::uint8_t octet_;
};

TEST(RandomTest, FractionsLieInTheHalfOpenUnitInterval) {
  EXPECT_EQ(ConstantRandom(0).Fraction(), 0.0);
  EXPECT_LT(ConstantRandom(0xff).Fraction(), 1.0);
  EXPECT_GT(ConstantRandom(0xff).Fraction(), 0.999999);
}

TEST(RandomTest, TokensAre26CharactersOfLowerCaseBase32) {
  EXPECT_THAT(SystemRandom().Token(), MatchesRegex("[a-z2-7]{26}"));
}

TEST(RandomTest, UuidsCarryVersionAndVariant) {
  EXPECT_EQ(ConstantRandom(0xff).Uuid(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(ConstantRandom(0).Uuid(), "00000000-0000-4000-8000-000000000000");
}

TEST(RandomTest, TheKernelDoesNotRepeatItself) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(SystemRandom().Token());
  EXPECT_EQ(tokens.size(), 1000U);
}

}  // namespace
}  // namespace base
