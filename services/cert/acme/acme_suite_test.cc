// HttpAcmeClient against Pebble, over TLS, with half of all nonces refused; and through a proxy
// that loses replies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <memory>

#include "base/strings.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/curl_transport.h"
#include "cert/acme/testing/client_contract_test.h"
#include "lab/acme_proxy.h"
#include "lab/certificate_authority.h"
#include "lab/pebble.h"
#include "lab/stack.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

constexpr char kBlockedName[] = "blocked.example.test";
constexpr char kMacKey[] = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  ADD_FAILURE() << result.status();
  std::abort();
}

// One Pebble and a proxy in front of it, on a stack of their own.
class Ca {
 public:
  explicit Ca(lab::Pebble::Options options)
      : stack_(OrDie(lab::Stack::Claim())),
        authority_(OrDie(lab::CertificateAuthority::Create(stack_->directory()))),
        pebble_(OrDie(lab::Pebble::Start(*stack_, *authority_, std::move(options)))),
        proxy_(OrDie(lab::AcmeProxy::Start(*stack_, *authority_))),
        transport_({.tls_ca_file = authority_->root_file()}) {}

  lab::AcmeProxy& proxy() { return *proxy_; }
  std::string DirectoryUrl() const { return pebble_->DirectoryUrl(); }
  std::string RootPem() const { return OrDie(pebble_->RootPem()); }
  std::string UnusedUrl() const {
    return "https://" + stack_->Address(lab::host::kFirstCert) + ":9/dir";
  }
  CurlTransport& transport() { return transport_; }

  std::unique_ptr<HttpAcmeClient> Client(HttpAcmeClient::Options options) {
    return std::make_unique<HttpAcmeClient>(std::move(options), transport_, base::SystemClock());
  }

 private:
  const std::unique_ptr<lab::Stack> stack_;
  const std::unique_ptr<lab::CertificateAuthority> authority_;
  const std::unique_ptr<lab::Pebble> pebble_;
  const std::unique_ptr<lab::AcmeProxy> proxy_;
  CurlTransport transport_;
};

// The servers that the tests share; ended with the program.
class Servers final : public testing::Environment {
 public:
  static std::unique_ptr<Ca>& Plain() {
    static std::unique_ptr<Ca> ca;
    return ca;
  }

  void SetUp() override {
    Plain() = std::make_unique<Ca>(lab::Pebble::Options{.resolver_address = "127.0.0.1",
                                                        .sleeps = false,
                                                        .nonce_reject_percent = 50,
                                                        .validates = false,
                                                        .alternate_roots = 2,
                                                        .blocked_names = {kBlockedName}});
  }
  void TearDown() override { Plain().reset(); }
};

const testing::Environment* const kServers = testing::AddGlobalTestEnvironment(new Servers);

ContractSubject PebbleSubject() {
  static std::unique_ptr<HttpAcmeClient> client;
  Ca& ca = *Servers::Plain();
  client = ca.Client({.directory_url = ca.DirectoryUrl(), .contacts = {"mailto:ops@example.test"}});
  return {.client = client.get(),
          .root_pem = ca.RootPem(),
          .blocked_name = kBlockedName,
          .alternate_issuer = "Pebble Root CA"};
}

class AcmeSuite : public testing::Test {
 protected:
  static base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }

  AcmeAccount MakeAccount(HttpAcmeClient& client) {
    AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
    const auto reply = client.NewAccount(account, Soon());
    EXPECT_THAT(reply, IsOk());
    if (reply.ok()) account.url = std::get<std::string>(*reply);
    return account;
  }
  ~AcmeSuite() override { ca_.proxy().SetHook({}); }

  Ca& ca_ = *Servers::Plain();
  const std::unique_ptr<HttpAcmeClient> client_ =
      ca_.Client({.directory_url = ca_.proxy().DirectoryUrl()});
};

// Counts what arrives of one kind and cuts the connection of accepted ones at `moment`.
class Cut {
 public:
  Cut(lab::AcmeProxy& proxy, lab::AcmeCall call, lab::Moment moment) {
    proxy.SetHook([this, call, moment](lab::Moment now, const lab::AcmeExchange& exchange) {
      if (exchange.call != call) return lab::Action::kPass;
      if (now == lab::Moment::kBeforeDelivery) ++arrived_;
      const bool refused = now == lab::Moment::kBeforeReply && exchange.status >= 300;
      return now == moment && !refused ? lab::Action::kDrop : lab::Action::kPass;
    });
  }
  int arrived() const { return arrived_; }

 private:
  std::atomic<int> arrived_ = 0;
};

TEST_F(AcmeSuite, LosesNoOrderWhoseReplyIsLost) {
  const AcmeAccount account = MakeAccount(*client_);
  const int before = ca_.proxy().Accepted(lab::AcmeCall::kNewOrder);
  {
    const Cut cut(ca_.proxy(), lab::AcmeCall::kNewOrder, lab::Moment::kBeforeReply);
    EXPECT_THAT(client_->NewOrder(account, {.names = {"lost.example.test"}}, Soon()),
                StatusIs(absl::StatusCode::kUnknown));
    ca_.proxy().SetHook({});
  }
  EXPECT_EQ(ca_.proxy().Accepted(lab::AcmeCall::kNewOrder), before + 1);
  const auto orders = client_->ListOrders(account, Soon());
  ASSERT_THAT(orders, IsOk());
  EXPECT_EQ(std::get<std::vector<std::string>>(*orders).size(), 1U);
}

// libcurl would send a POST again by itself over a connection that it had used before.
TEST_F(AcmeSuite, SendsNewOrderOnceWhenTheConnectionIsCut) {
  const AcmeAccount account = MakeAccount(*client_);
  const Cut cut(ca_.proxy(), lab::AcmeCall::kNewOrder, lab::Moment::kBeforeDelivery);
  EXPECT_THAT(client_->NewOrder(account, {.names = {"cut.example.test"}}, Soon()),
              StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(cut.arrived(), 1);
  ca_.proxy().SetHook({});
}

TEST_F(AcmeSuite, ReturnsUnknownWhenTheReplyOutlastsTheDeadline) {
  const AcmeAccount account = MakeAccount(*client_);
  // The proxy's thread may hold on to it for longer than this test runs.
  const auto over = std::make_shared<std::latch>(1);
  ca_.proxy().SetHook([over](lab::Moment moment, const lab::AcmeExchange& exchange) {
    const bool held =
        moment == lab::Moment::kBeforeReply && exchange.call == lab::AcmeCall::kNewOrder;
    if (held) over->wait();
    return lab::Action::kPass;
  });
  EXPECT_THAT(client_->NewOrder(account, {.names = {"late.example.test"}},
                                base::Deadline::After(absl::Milliseconds(500))),
              StatusIs(absl::StatusCode::kUnknown));
  over->count_down();
}

TEST_F(AcmeSuite, ReturnsUnavailableWhenNobodyListens) {
  const auto client = ca_.Client({.directory_url = ca_.UnusedUrl()});
  const AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = "https://ca.test/1"};
  EXPECT_THAT(client->NewAccount(account, Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(client->NewOrder(account, {.names = {"a.example.test"}}, Soon()),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(AcmeSuite, TrustsNoCertificateButItsCas) {
  CurlTransport transport({});
  HttpAcmeClient client({.directory_url = ca_.DirectoryUrl()}, transport, base::SystemClock());
  const AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
  EXPECT_THAT(client.NewAccount(account, Soon()), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(AcmeSuite, SpeaksHttpsOnly) {
  EXPECT_THAT(ca_.transport().Send({.url = "http://127.0.0.1/"}, Soon()),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ca_.transport().Send({.url = "https://"}, Soon()),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(ExternalAccountSuite, BindsTheAccountWhereTheCaAsksForIt) {
  Ca ca({.resolver_address = "127.0.0.1", .external_accounts = {{"kid-1", kMacKey}}});
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(30));
  const AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
  const auto type_of = [&](std::optional<ExternalAccount> external_account) -> std::string {
    const auto client = ca.Client(
        {.directory_url = ca.DirectoryUrl(), .external_account = std::move(external_account)});
    const auto reply = client->NewAccount(account, deadline);
    EXPECT_THAT(reply, IsOk());
    if (!reply.ok() || !std::holds_alternative<AcmeProblem>(*reply)) return "";
    return std::get<AcmeProblem>(*reply).type;
  };
  const std::string mac_key = *base::Base64UrlDecode(kMacKey);
  EXPECT_EQ(type_of(std::nullopt), AcmeErrorType("externalAccountRequired"));
  EXPECT_EQ(type_of(ExternalAccount{.key_id = "kid-1", .mac_key = "wrong"}),
            AcmeErrorType("unauthorized"));
  EXPECT_EQ(type_of(ExternalAccount{.key_id = "kid-1", .mac_key = mac_key}), "");
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Pebble, AcmeClientContract,
                         testing::Values(ContractCase{.name = "Pebble", .make = PebbleSubject}),
                         [](const auto& test) { return test.param.name; });

}  // namespace cert
