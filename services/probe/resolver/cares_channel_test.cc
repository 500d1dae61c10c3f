#include "probe/resolver/cares_channel.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(CaresChannelTest, SendsAtOnceAndEndsEachQuestionByItsAcknowledgement) {
  int sent = 0;
  const auto channel = *CaresChannel::Create([&] { ++sent; });
  channel->Send(1);
  channel->Send(2);
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(channel->outstanding(), 2U);
  channel->Acknowledge(2);
  EXPECT_EQ(channel->outstanding(), 1U);
  channel->Acknowledge(1);
  EXPECT_EQ(channel->outstanding(), 0U);
  EXPECT_EQ(sent, 2);
}

// More than c-ares is told of at once: what it does not end stays outstanding.
TEST(CaresChannelTest, EndsAsManyQuestionsOfOneIdAsAreAcknowledged) {
  const auto channel = *CaresChannel::Create([] {});
  for (int i = 0; i < 300; ++i) channel->Send(7);
  for (int i = 0; i < 200; ++i) channel->Acknowledge(7);
  EXPECT_EQ(channel->outstanding(), 100U);
  for (int i = 0; i < 100; ++i) channel->Acknowledge(7);
  EXPECT_EQ(channel->outstanding(), 0U);
}

TEST(CaresChannelsTest, NoneHoldsMoreThanItFindsQuickly) {
  constexpr int kQuestions = 10'000;
  CaresChannels channels([] {});
  std::vector<CaresChannel*> picked;
  for (int i = 0; i < kQuestions; ++i) {
    CaresChannel* const channel = *channels.Pick();
    EXPECT_LT(channel->outstanding(), 4096U);
    channel->Send(static_cast<std::uint16_t>(i));
    picked.push_back(channel);
  }
  for (int i = 0; i < kQuestions; ++i) {
    picked[static_cast<std::size_t>(i)]->Acknowledge(static_cast<std::uint16_t>(i));
  }
  for (CaresChannel* const channel : picked) EXPECT_EQ(channel->outstanding(), 0U);
}

}  // namespace
}  // namespace probe
