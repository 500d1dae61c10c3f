#include "cert/acme/testing/fake_client.h"

#include "cert/acme/testing/client_contract_test.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;

ContractSubject FakeSubject() {
  static FakeAcmeClient& client = *new FakeAcmeClient({.validation_polls = 1,
                                                       .issuance_polls = 2,
                                                       .blocked_names = {"blocked.test"},
                                                       .profiles = {{"short", absl::Hours(144)}},
                                                       .alternate_chains = 2,
                                                       .offers_renewal_info = true},
                                                      base::SystemClock());
  return {.client = &client,
          .root_pem = client.RootPem(),
          .blocked_name = "blocked.test",
          .profile = "short",
          .offers_renewal_info = true,
          .alternate_issuer = "Fake root 2"};
}

class FakeAcmeClientTest : public testing::Test {
 protected:
  AcmeAccount MakeAccount() {
    AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
    account.url = std::get<std::string>(*client_.NewAccount(account, deadline_));
    return account;
  }

  const base::Deadline deadline_ = base::Deadline::After(absl::Minutes(1));
  FakeAcmeClient client_{{}, base::SystemClock()};
  const AcmeAccount account_ = MakeAccount();
};

TEST_F(FakeAcmeClientTest, KeepsTheOrderWhoseReplyItLoses) {
  client_.LoseReply(AcmeCall::kNewOrder);
  EXPECT_THAT(client_.NewOrder(account_, {.names = {"a.test"}}, deadline_),
              StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(client_.Orders().size(), 1U);
  EXPECT_EQ(client_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(FakeAcmeClientTest, DoesNothingWhenDisconnected) {
  client_.Disconnect(AcmeCall::kNewOrder);
  EXPECT_THAT(client_.NewOrder(account_, {.names = {"a.test"}}, deadline_),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(client_.Orders().size(), 0U);
  EXPECT_EQ(client_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(FakeAcmeClientTest, RefusesOnceAsScripted) {
  AcmeProblem problem;
  problem.type = AcmeErrorType("rateLimited");
  client_.Refuse(AcmeCall::kNewOrder, problem);
  EXPECT_EQ(std::get<AcmeProblem>(*client_.NewOrder(account_, {.names = {"a.test"}}, deadline_)),
            problem);
  EXPECT_TRUE(std::holds_alternative<AcmeOrder>(
      *client_.NewOrder(account_, {.names = {"a.test"}}, deadline_)));
}

TEST_F(FakeAcmeClientTest, InvalidatesTheOrderWhoseValidationFails) {
  AcmeProblem problem;
  problem.type = AcmeErrorType("dns");
  client_.FailValidation("a.test", problem);
  const auto order =
      std::get<AcmeOrder>(*client_.NewOrder(account_, {.names = {"a.test"}}, deadline_));
  const std::string challenge = order.authorization_urls.front() + "/dns-01";
  EXPECT_TRUE(client_.AnswerChallenge(account_, challenge, deadline_).ok());
  const auto after = std::get<AcmeOrder>(*client_.GetOrder(account_, order.url, deadline_));
  EXPECT_EQ(after.status, AcmeOrderStatus::kInvalid);
  EXPECT_EQ(after.error, problem);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Fake, AcmeClientContract,
                         testing::Values(ContractCase{.name = "Fake", .make = FakeSubject}),
                         [](const auto& test) { return test.param.name; });

}  // namespace cert
