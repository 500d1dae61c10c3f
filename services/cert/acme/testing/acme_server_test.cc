// AcmeServer is a CA to our own client, and does what it is told.

#include "cert/acme/testing/acme_server.h"

#include "base/testing/temp_directory.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/curl_transport.h"
#include "cert/acme/testing/client_contract_test.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

// The server and a client of it.
struct ScriptedCa {
  explicit ScriptedCa(FakeCaOptions options)
      : server(*AcmeServer::Start({.ca = std::move(options)})),
        transport({.tls_ca_file = files.Write("tls.pem", server->TlsRootPem())}),
        client({.directory_url = server->DirectoryUrl()}, transport, base::SystemClock()) {}

  const base::testing::TempDirectory files;
  const std::unique_ptr<AcmeServer> server;
  CurlTransport transport;
  HttpAcmeClient client;
};

ContractSubject ScriptedSubject() {
  static ScriptedCa& ca = *new ScriptedCa({.validation_polls = 1,
                                           .issuance_polls = 2,
                                           .blocked_names = {"blocked.test"},
                                           .profiles = {{"short", absl::Hours(144)}},
                                           .alternate_chains = 2,
                                           .offers_renewal_info = true});
  return {.client = &ca.client,
          .root_pem = ca.server->RootPem(),
          .blocked_name = "blocked.test",
          .profile = "short",
          .offers_renewal_info = true,
          .alternate_issuer = "Fake root 2"};
}

class AcmeServerTest : public testing::Test {
 protected:
  static base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }
  // Long enough for the request to arrive on a slow machine: what is not answered uses all of it.
  static base::Deadline Briefly() { return base::Deadline::After(absl::Seconds(3)); }

  AcmeAccount MakeAccount() {
    AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
    account.url = std::get<std::string>(*ca_.client.NewAccount(account, Soon()));
    return account;
  }
  AcmeReply<AcmeOrder> NewOrder(base::Deadline deadline) {
    return ca_.client.NewOrder(account_, {.names = {"a.test"}}, deadline);
  }
  AcmeProblem Refusal() {
    const AcmeReply<AcmeOrder> reply = NewOrder(Soon());
    EXPECT_THAT(reply, IsOk());
    if (!reply.ok() || !std::holds_alternative<AcmeProblem>(*reply)) return {};
    return std::get<AcmeProblem>(*reply);
  }

  ScriptedCa ca_{{}};
  const AcmeAccount account_ = MakeAccount();
};

TEST_F(AcmeServerTest, RefusesWithTheDateItIsGiven) {
  const absl::Time later = base::SystemClock().TimeNow() + absl::Hours(2);
  ca_.server->Next(AcmeCall::kNewOrder,
                   AcmeFault::Problem("rateLimited", 429, "too many", HttpDate(later)));
  const AcmeProblem problem = Refusal();
  EXPECT_EQ(problem.type, AcmeErrorType("rateLimited"));
  ASSERT_TRUE(problem.retry_after.has_value());
  EXPECT_LE(*problem.retry_after, absl::Hours(2) + absl::Seconds(1));
  EXPECT_GT(*problem.retry_after, absl::Hours(1));
  EXPECT_EQ(ca_.server->Orders().size(), 0U);
  EXPECT_THAT(NewOrder(Soon()), IsOk());
}

TEST_F(AcmeServerTest, AnswersAsAGatewayDoes) {
  ca_.server->Next(AcmeCall::kGetOrder, AcmeFault::Gateway(502, "7"), 2);
  const auto order = std::get<AcmeOrder>(*NewOrder(Soon()));
  for (int i = 0; i < 2; ++i) {
    const auto reply = ca_.client.GetOrder(account_, order.url, Soon());
    ASSERT_THAT(reply, IsOk());
    EXPECT_EQ(std::get<AcmeProblem>(*reply).http_status, 502);
    EXPECT_EQ(std::get<AcmeProblem>(*reply).retry_after, absl::Seconds(7));
  }
  EXPECT_TRUE(std::holds_alternative<AcmeOrder>(*ca_.client.GetOrder(account_, order.url, Soon())));
}

TEST_F(AcmeServerTest, LosesRequestsAndReplies) {
  ca_.server->Next(AcmeCall::kNewOrder, AcmeFault::LoseRequest());
  EXPECT_THAT(NewOrder(Soon()), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(ca_.server->Orders().size(), 0U);
  ca_.server->Next(AcmeCall::kNewOrder, AcmeFault::LoseReply());
  EXPECT_THAT(NewOrder(Soon()), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(ca_.server->Orders().size(), 1U);
}

TEST_F(AcmeServerTest, HoldsConnectionsHalfOpen) {
  ca_.server->Next(AcmeCall::kNewOrder, AcmeFault::Stall());
  EXPECT_THAT(NewOrder(Briefly()), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(ca_.server->Orders().size(), 0U);
  ca_.server->Next(AcmeCall::kNewOrder, AcmeFault::StallReply());
  EXPECT_THAT(NewOrder(Briefly()), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(ca_.server->Orders().size(), 1U);
  ca_.server->Next(AcmeCall::kNewOrder, AcmeFault::HalfReply());
  EXPECT_THAT(NewOrder(Briefly()), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(ca_.server->Orders().size(), 2U);
  ca_.server->Release();
  EXPECT_THAT(NewOrder(Soon()), IsOk());
}

TEST_F(AcmeServerTest, SaysWhichRequestsItSaw) {
  ASSERT_THAT(NewOrder(Soon()), IsOk());
  EXPECT_EQ(ca_.server->Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(ca_.server->Requests().back().account_url, account_.url);
  EXPECT_EQ(ca_.server->Requests().back().status, 201);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Scripted, AcmeClientContract,
                         testing::Values(ContractCase{.name = "Scripted", .make = ScriptedSubject}),
                         [](const auto& test) { return test.param.name; });

}  // namespace cert
