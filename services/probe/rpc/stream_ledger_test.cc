#include "probe/rpc/stream_ledger.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(StreamLedgerTest, GrantsItsShareOnceAndWhatIsReleasedAgain) {
  StreamLedger ledger;
  EXPECT_EQ(ledger.TakeGrant(), 0U);
  ledger.SetShare(2);
  EXPECT_EQ(ledger.TakeGrant(), 2U);
  EXPECT_EQ(ledger.TakeGrant(), 0U);
  EXPECT_TRUE(ledger.Receive("a"));
  EXPECT_EQ(ledger.TakeGrant(), 0U);
  EXPECT_TRUE(ledger.Release("a"));
  EXPECT_EQ(ledger.TakeGrant(), 1U);
}

TEST(StreamLedgerTest, RefusesChecksBeyondTheCreditAndDoubles) {
  StreamLedger ledger;
  ledger.SetShare(2);
  EXPECT_FALSE(ledger.Receive("early"));
  ledger.TakeGrant();
  EXPECT_TRUE(ledger.Receive("a"));
  EXPECT_FALSE(ledger.Receive("a"));
  EXPECT_TRUE(ledger.Receive("b"));
  EXPECT_FALSE(ledger.Receive("c"));
}

TEST(StreamLedgerTest, ReleasesOnce) {
  StreamLedger ledger;
  ledger.SetShare(1);
  ledger.TakeGrant();
  EXPECT_TRUE(ledger.Receive("a"));
  EXPECT_TRUE(ledger.Release("a"));
  EXPECT_FALSE(ledger.Release("a"));
  EXPECT_TRUE(ledger.held().empty());
}

TEST(StreamLedgerTest, ASmallerShareWaitsForReleases) {
  StreamLedger ledger;
  ledger.SetShare(3);
  ledger.TakeGrant();
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(ledger.Receive(id));
  ledger.SetShare(2);
  EXPECT_TRUE(ledger.Release("a"));
  EXPECT_EQ(ledger.TakeGrant(), 0U);
  EXPECT_TRUE(ledger.Release("b"));
  EXPECT_EQ(ledger.TakeGrant(), 1U);
}

}  // namespace
}  // namespace probe
