// The commands against the API as it is served, over mutual TLS and a real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "cert/rpc/testing/api_fixture.h"
#include "cli/commands.h"
#include "cli/watch.h"
#include "lab/relay.h"

namespace cli {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const cert::TenantId kAcme("acme");

class CliSuite : public cert::testing::ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    client_ = ClientAs("admin");
  }

  std::unique_ptr<Client> ClientAs(const std::string& role) {
    return ClientAs(role, server_->port());
  }

  std::unique_ptr<Client> ClientAs(const std::string& role, int port) {
    const lab::Credentials tls = Mint(*authority_, "spiffe://padlock/tenant/acme/" + role);
    auto client = Client::Create({.server = absl::StrFormat("127.0.0.1:%d", port),
                                  .tls_server_name = "padlock-cert",
                                  .tls = {.ca_file = tls.ca_file,
                                          .certificate_file = tls.certificate_file,
                                          .private_key_file = tls.private_key_file},
                                  .tenant = "acme"});
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }

  Context ContextWith(bool json) {
    out_.str("");
    return {.client = *client_, .out = out_, .json = json, .now = absl::Now()};
  }

  // As the reconciler does it, with the key "secret" and the event.
  void Issue(const std::string& hostname) {
    const auto sealed =
        sealer_->Seal({.table = "orders", .tenant = "acme", .id = "ord_1"}, "secret");
    ASSERT_THAT(sealed, IsOk());
    ASSERT_THAT(
        store_->Write(kAcme,
                      [&](cert::Transaction& transaction) {
                        return StoreIssued(transaction, hostname, {sealed->key_id, sealed->octets});
                      }),
        IsOk());
  }

  static absl::Status StoreIssued(cert::Transaction& transaction, const std::string& hostname,
                                  const cert::SealedSecret& key) {
    const absl::Time now = transaction.now();
    const cert::OrderId order("ord_1");
    const cert::IssuanceId issuance("iss_1");
    const auto domain = transaction.FindDomainByHostname(hostname);
    auto certificate = transaction.GetCertificate((*domain)->certificate);
    absl::Status status =
        transaction.InsertOrder({.tenant = kAcme,
                                 .id = order,
                                 .certificate = certificate->id,
                                 .ca = "ca",
                                 .progress = {.state = cert::OrderState::kCompleted},
                                 .key = key,
                                 .intent_time = now});
    status.Update(transaction.InsertIssuance({.tenant = kAcme,
                                              .id = issuance,
                                              .certificate = certificate->id,
                                              .order = order,
                                              .ca = "ca",
                                              .serial = "0a1b",
                                              .validity = {now, now + absl::Hours(1)},
                                              .chain_pem = "chain",
                                              .key = key,
                                              .create_time = now}));
    certificate->issuance = issuance;
    certificate->progress = {.state = cert::CertificateState::kActive,
                             .start_time = now,
                             .due_time = now + absl::Minutes(30)};
    status.Update(transaction.UpdateCertificate(*certificate));
    cert::Event event;
    event.type = cert::EventType::kCertificateIssued;
    event.domain = (*domain)->id;
    event.certificate = certificate->id;
    event.actor = "padlock-cert";
    event.message = "A certificate was issued.";
    transaction.AppendEvent(event);
    return status;
  }

  absl::Status Watch(const std::string& domain, const Watcher::Options& options) {
    Screen screen(out_);
    return Watcher(*client_, screen, base::SystemClock(), options).Run(domain);
  }

  std::unique_ptr<Client> client_;
  std::ostringstream out_;
};

// Accepts one connection and resets it at once, which leaves the port free.
class Hangup {
 public:
  Hangup() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(bind(socket_, address, size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, address, &size), 0);
  }

  int port() const { return ntohs(address_.sin_port); }

  void Run() const {
    const int connection = accept(socket_, nullptr, nullptr);
    EXPECT_GE(connection, 0);
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    EXPECT_EQ(setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    close(connection);
    close(socket_);
  }

 private:
  const int socket_;
  sockaddr_in address_ = {};
};

TEST_F(CliSuite, ACallOutlivesAnAttemptToConnectThatFails) {
  Hangup hangup;
  const auto client = ClientAs("admin", hangup.port());
  absl::StatusOr<std::vector<padlock::cert::v1::Domain>> domains;
  std::thread call([&] { domains = client->ListDomains({}); });
  hangup.Run();
  const auto relay = lab::Relay::Start({.listen = {.address = "127.0.0.1", .port = hangup.port()},
                                        .target = {"127.0.0.1", server_->port()}});
  call.join();
  ASSERT_THAT(relay.status(), IsOk());
  EXPECT_THAT(domains.status(), IsOk());
}

TEST_F(CliSuite, AddShowsTheRecordsAndShowFindsTheDomainByItsHost) {
  Context context = ContextWith(/*json=*/false);
  ASSERT_THAT(Add(context, {.hostname = "shop.example.com", .wildcard = true}), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("_padlock.shop.example.com. 3600 IN TXT"));
  out_.str("");
  ASSERT_THAT(Show(context, "Shop.example.com."), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("shop.example.com and *.shop.example.com"));
  EXPECT_THAT(out_.str(), HasSubstr("awaiting domain"));
  EXPECT_THAT(Show(context, "other.example.com"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CliSuite, JsonIsOneObjectPerLine) {
  Create("a.example.com");
  Create("b.example.com");
  Context context = ContextWith(/*json=*/true);
  ASSERT_THAT(List(context, "pending"), IsOk());
  const std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, StartsWith("{\"name\":\"tenants/acme/domains/dom_"));
  out_.str("");
  ASSERT_THAT(List(context, "failed"), IsOk());
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CliSuite, TheServersMessageNamesTheField) {
  Context context = ContextWith(false);
  EXPECT_THAT(std::string(Add(context, {.hostname = "co.uk"}).message()),
              StartsWith("domain.hostname: "));
}

TEST_F(CliSuite, RecheckAndDeleteTakeAnId) {
  const std::string name = Create("a.example.com").name();
  const std::string id = name.substr(name.rfind('/') + 1);
  Context context = ContextWith(false);
  EXPECT_THAT(Recheck(context, id), IsOk());
  EXPECT_THAT(Delete(context, id), IsOk());
  EXPECT_THAT(Recheck(context, id), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Show(context, id), IsOk());
}

TEST_F(CliSuite, FetchWritesTheKeyForItsOwnerOnlyAndPrintsNoneOfIt) {
  Create("a.example.com");
  Issue("a.example.com");
  Context context = ContextWith(false);
  const std::string key = directory_.path() + "fetched.key";
  ASSERT_THAT(
      Fetch(context, "a.example.com", {.chain = directory_.path() + "fetched.pem", .key = key}),
      IsOk());
  EXPECT_THAT(base::ReadFile(directory_.path() + "fetched.pem"), IsOkAndHolds("chain"));
  EXPECT_THAT(base::ReadFile(key), IsOkAndHolds("secret"));
  struct stat file {};
  ASSERT_EQ(stat(key.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  EXPECT_THAT(out_.str(), HasSubstr("serial    0a1b"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("secret")));
}

TEST_F(CliSuite, WatchEndsWithTheCertificate) {
  Create("a.example.com");
  absl::Status ended = absl::UnknownError("still watching");
  {
    const std::jthread watching([&] {
      ended = Watch("a.example.com", {.until_issued = true, .timeout = absl::Seconds(30)});
    });
    Issue("a.example.com");
  }
  EXPECT_THAT(ended, IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("TXT _padlock.a.example.com"));
  EXPECT_THAT(out_.str(), HasSubstr("serial    0a1b"));
}

TEST_F(CliSuite, WatchFailsWhenTheTimeIsUp) {
  Create("a.example.com");
  EXPECT_THAT(Watch("a.example.com", {.until_issued = true, .timeout = absl::Milliseconds(500)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(CliSuite, WatchFailsWhenNothingMoreWillHappen) {
  const std::string name = Create("a.example.com").name();
  absl::Status ended;
  {
    const std::jthread watching([&] {
      ended = Watch("a.example.com", {.until_issued = true, .timeout = absl::Seconds(30)});
    });
    const std::unique_ptr<Client> other = ClientAs("operator");
    EXPECT_THAT(other->DeleteDomain(name), IsOk());
  }
  EXPECT_FALSE(ended.ok());
  EXPECT_FALSE(absl::IsDeadlineExceeded(ended)) << ended;
}

}  // namespace
}  // namespace cli
