// Without a DNS server; cert_publication_suite has the real ones.

#include "cert/publication/dns_update_publisher.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;

// A TCP port of the loopback that accepts connections and never says a word, or, once closed, one
// that refuses them.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, bytes), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, generic, &bytes), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { Close(); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  DnsServer Address() const { return {.address = "127.0.0.1", .port = port_}; }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

DnsUpdatePublisher::Options Settings(std::vector<DnsServer> servers) {
  return {.zone = "dcv.test",
          .servers = std::move(servers),
          .key = {.name = "update-key", .secret_base64 = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="},
          .server_timeout = absl::Milliseconds(20)};
}

absl::Status Publish(DnsUpdatePublisher::Options options, absl::Duration timeout) {
  auto publisher = DnsUpdatePublisher::Create(std::move(options), base::SystemRandom());
  if (!publisher.ok()) return publisher.status();
  return (*publisher)->Publish({{"a.dcv.test", "v"}}, base::Deadline::After(timeout));
}

TEST(DnsUpdatePublisherTest, NoServerAtAllIsUnavailable) {
  SilentServer closed;
  closed.Close();
  EXPECT_THAT(Publish(Settings({closed.Address()}), absl::Minutes(1)),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(DnsUpdatePublisherTest, OnlySilentServersAreUnavailable) {
  SilentServer first;
  SilentServer second;
  EXPECT_THAT(Publish(Settings({first.Address(), second.Address()}), absl::Minutes(1)),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(DnsUpdatePublisherTest, ADeadlineThatPassesBeforeAnAnswerIsSaid) {
  SilentServer silent;
  EXPECT_THAT(Publish(Settings({silent.Address()}), absl::Milliseconds(10)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST(DnsUpdatePublisherTest, SettingsThatCannotWorkAreRefusedAtOnce) {
  DnsUpdatePublisher::Options no_server = Settings({});
  DnsUpdatePublisher::Options bad_zone = Settings({{.address = "127.0.0.1"}});
  bad_zone.zone = "dcv..test";
  DnsUpdatePublisher::Options bad_secret = Settings({{.address = "127.0.0.1"}});
  bad_secret.key.secret_base64 = "?";
  for (const auto& bad : {no_server, bad_zone, bad_secret}) {
    EXPECT_THAT(DnsUpdatePublisher::Create(bad, base::SystemRandom()),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(DnsUpdatePublisherTest, AServerMustBeAnIpAddress) {
  EXPECT_THAT(Publish(Settings({{.address = "ns1.dcv.test"}}), absl::Minutes(1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cert
