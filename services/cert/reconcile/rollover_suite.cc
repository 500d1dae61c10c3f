// The roll-over of our account's key: interrupted anywhere, and under a service that runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/keys/keys.h"
#include "cert/reconcile/account_rollover.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;

class RollOverSuite : public ReconcileTest {
 protected:
  const CertificateAuthority authority_{.name = "fake", .client = &ca_};

  absl::Status RollOver() {
    return RollOverAccount(account_store_, sealer_, authority_,
                           base::Deadline::After(absl::Seconds(30)));
  }

  AcmeAccountRow Row() { return *account_store_.GetAccount("fake"); }

  std::string KeyOf(const SealedSecret& sealed) {
    return *sealer_.Open({.table = "acme_accounts", .id = "fake"}, sealed);
  }

  // The stored key is the one that the CA knows, and none is to come.
  void ExpectSettled() {
    EXPECT_FALSE(Row().next_key.has_value());
    const auto found = ca_.FindAccount(KeyOf(Row().key), base::Deadline::After(absl::Seconds(30)));
    ASSERT_THAT(found, IsOk());
    ASSERT_TRUE(std::holds_alternative<std::string>(*found));
    EXPECT_EQ(std::get<std::string>(*found), Row().url);
  }

  Domain MakeActive(const std::string& hostname) {
    Domain domain = Add("a", hostname);
    EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
    return domain;
  }
};

TEST_F(RollOverSuite, NeedsAnAccount) {
  EXPECT_THAT(RollOver(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(RollOverSuite, TheServiceGoesOnWithTheNewKey) {
  StartReconciler();
  MakeActive("one.example.com");
  const std::string old_key = KeyOf(Row().key);
  ASSERT_THAT(RollOver(), IsOk());
  EXPECT_NE(KeyOf(Row().key), old_key);
  ExpectSettled();
  const Domain domain = MakeActive("two.example.com");
  EXPECT_THAT(EventsOf(domain), ::testing::Not(::testing::Contains(EventType::kOrderFailed)));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewAccount), 1);
}

TEST_F(RollOverSuite, TheServiceFindsASecondNewKeyRightAfterTheFirst) {
  StartReconciler();
  MakeActive("one.example.com");
  ASSERT_THAT(RollOver(), IsOk());
  MakeActive("two.example.com");
  ASSERT_THAT(RollOver(), IsOk());
  MakeActive("three.example.com");
  ExpectSettled();
}

TEST_F(RollOverSuite, ALostReplyIsSettledByAsking) {
  StartReconciler();
  MakeActive("one.example.com");
  ca_.LoseReply(AcmeCall::kRollOverKey);
  ASSERT_THAT(RollOver(), IsOk());
  ExpectSettled();
  EXPECT_EQ(ca_.Count(AcmeCall::kRollOverKey), 1);
}

// The command ended between the CA's answer and its last commit: the service finds out.
TEST_F(RollOverSuite, TheServiceSettlesWhatTheCommandLeft) {
  StartReconciler();
  MakeActive("one.example.com");
  const std::string next_key = *CreateKey(KeyType::kEcdsaP256);
  const SealedSecret sealed = *sealer_.Seal({.table = "acme_accounts", .id = "fake"}, next_key);
  ASSERT_THAT(account_store_.PutNextKey("fake", sealed), IsOk());
  const AcmeAccount account{.key_pem = KeyOf(Row().key), .url = Row().url};
  ASSERT_THAT(ca_.RollOverKey(account, next_key, base::Deadline::After(absl::Seconds(30))), IsOk());
  MakeActive("two.example.com");
  EXPECT_EQ(KeyOf(Row().key), next_key);
  ExpectSettled();
}

// And before the CA was asked: the old key is the one until the command is run again.
TEST_F(RollOverSuite, AKeyThatTheCaNeverSawChangesNothing) {
  StartReconciler();
  MakeActive("one.example.com");
  ca_.Disconnect(AcmeCall::kRollOverKey);
  EXPECT_THAT(RollOver(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(Row().next_key.has_value());
  MakeActive("two.example.com");
  const std::string next_key = KeyOf(*Row().next_key);
  ASSERT_THAT(RollOver(), IsOk());
  EXPECT_EQ(KeyOf(Row().key), next_key);
  ExpectSettled();
}

TEST_F(RollOverSuite, ARefusalKeepsTheOldKey) {
  StartReconciler();
  MakeActive("one.example.com");
  const std::string old_key = KeyOf(Row().key);
  ca_.Refuse(AcmeCall::kRollOverKey, {.type = "urn:ietf:params:acme:error:badPublicKey",
                                      .detail = "not this one",
                                      .http_status = 400});
  const absl::Status refused = RollOver();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("not this one"));
  EXPECT_EQ(KeyOf(Row().key), old_key);
  ExpectSettled();
}

}  // namespace
}  // namespace cert
