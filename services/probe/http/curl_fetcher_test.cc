// The fetcher against web servers on loopback.

#include "probe/http/curl_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "lab/descriptor.h"
#include "lab/web_server.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(20);

// Takes one connection, reads what comes first, says one thing, and keeps the connection open.
class RawServer {
 public:
  explicit RawServer(std::string answer)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length);
    listen(listener_.get(), 1);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~RawServer() { shutdown(listener_.get(), SHUT_RDWR); }

  std::uint16_t port() const { return port_; }

 private:
  void Serve() {
    connection_ = lab::Descriptor(accept(listener_.get(), nullptr, nullptr));
    if (!connection_.valid()) return;
    char request[1024];
    if (recv(connection_.get(), request, sizeof request, 0) <= 0) return;
    send(connection_.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  lab::Descriptor listener_;
  lab::Descriptor connection_;
  const std::string answer_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

class CurlFetcherTest : public ::testing::Test {
 protected:
  CurlFetcherTest() {
    fetcher_ = *CurlFetcher::Start({});
    server_ = *lab::WebServer::Start({.address = "127.0.0.1"});
  }

  static Fetching To(int port, const std::string& path, bool tls = false) {
    return {.url = {.tls = tls,
                    .host = "www.shop.test",
                    .port = static_cast<std::uint16_t>(port),
                    .target = path},
            .address = *IpAddress::Parse("127.0.0.1"),
            .timeout = kPatience};
  }
  std::future<Fetched> Start(Fetching fetching) {
    auto promise = std::make_shared<std::promise<Fetched>>();
    std::future<Fetched> fetched = promise->get_future();
    fetcher_->Fetch(std::move(fetching),
                    [promise](Fetched done) { promise->set_value(std::move(done)); });
    return fetched;
  }
  Fetched Get(const std::string& path) { return Start(To(server_->port(), path)).get(); }
  Fetched GetRaw(const std::string& answer, absl::Duration timeout = kPatience) {
    const RawServer raw(answer);
    Fetching fetching = To(raw.port(), "/");
    fetching.timeout = timeout;
    return Start(std::move(fetching)).get();
  }

  std::unique_ptr<CurlFetcher> fetcher_;
  std::unique_ptr<lab::WebServer> server_;
};

TEST_F(CurlFetcherTest, GetsAPageByTheNameOfItsHost) {
  server_->Answer("/a/../b?c=%41", {.body = "hello\n"});
  const Fetched fetched = Get("/a/../b?c=%41");
  EXPECT_EQ(fetched.kind, Fetched::Kind::kAnswered);
  EXPECT_EQ(fetched.status, 200);
  EXPECT_EQ(fetched.body, "hello\n");
  EXPECT_GT(fetched.round_trip_time, absl::ZeroDuration());
  EXPECT_THAT(server_->Requests(), ElementsAre("GET /a/../b?c=%41 www.shop.test"));
}

TEST_F(CurlFetcherTest, NamesThePortThatIsNotTheSchemesOwn) {
  Fetching fetching = To(server_->port(), "/");
  fetching.url.names_port = true;
  EXPECT_EQ(Start(fetching).get().status, 404);
  EXPECT_THAT(server_->Requests(),
              ElementsAre(absl::StrFormat("GET / www.shop.test:%d", server_->port())));
}

TEST_F(CurlFetcherTest, DoesNotFollowRedirects) {
  server_->Answer("/", {.status = 302, .body = "moved", .location = "/elsewhere"});
  const Fetched fetched = Get("/");
  EXPECT_EQ(fetched.kind, Fetched::Kind::kAnswered);
  EXPECT_EQ(fetched.status, 302);
  EXPECT_EQ(fetched.location, "/elsewhere");
  EXPECT_THAT(server_->Requests(), SizeIs(1));
}

TEST_F(CurlFetcherTest, TakesARedirectWithoutWaitingForItsBody) {
  const Fetched fetched =
      GetRaw("HTTP/1.1 301 Moved\r\nLocation: /x\r\nlocation: /y\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(fetched.kind, Fetched::Kind::kAnswered);
  EXPECT_EQ(fetched.status, 301);
  EXPECT_EQ(fetched.location, "/x");
}

TEST_F(CurlFetcherTest, PassesOverInterimResponses) {
  const Fetched fetched = GetRaw(
      "HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(fetched.status, 200);
  EXPECT_THAT(fetched.location, IsEmpty());
  EXPECT_EQ(fetched.body, "ok");
}

TEST_F(CurlFetcherTest, GetsPagesWithWhateverCertificate) {
  const auto secure = lab::WebServer::Start({.address = "127.0.0.1", .tls = true});
  ASSERT_THAT(secure, IsOk());
  (*secure)->Answer("/", {.body = "secret"});
  const Fetched fetched = Start(To((*secure)->port(), "/", true)).get();
  EXPECT_EQ(fetched.status, 200) << fetched.note;
  EXPECT_EQ(fetched.body, "secret");
}

TEST_F(CurlFetcherTest, ReadsSixtyFourKibibytesAndNoMore) {
  server_->Answer("/most", {.body = std::string(kMaxHttpBody, 'a')});
  const Fetched most = Get("/most");
  EXPECT_THAT(most.body, SizeIs(kMaxHttpBody));
  EXPECT_FALSE(most.body_too_long);
  server_->Answer("/more", {.body = std::string(kMaxHttpBody + 1, 'a')});
  const Fetched more = Get("/more");
  EXPECT_EQ(more.kind, Fetched::Kind::kAnswered);
  EXPECT_EQ(more.status, 200);
  EXPECT_THAT(more.body, SizeIs(kMaxHttpBody));
  EXPECT_TRUE(more.body_too_long);
}

TEST_F(CurlFetcherTest, RefusesALongHead) {
  const Fetched fetched =
      GetRaw("HTTP/1.1 200 OK\r\nA: " + std::string(kMaxHttpHead, 'a') + "\r\n\r\n");
  EXPECT_EQ(fetched.kind, Fetched::Kind::kMalformed);
  EXPECT_THAT(fetched.note, HasSubstr("longer than 16384 octets"));
}

TEST_F(CurlFetcherTest, CallsNonsenseMalformed) {
  for (const char* answer : {"SSH-2.0-OpenSSH\r\n", "\r\n\r\n", "hello", "HTTP/1.1\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
    const Fetched fetched = GetRaw(answer, absl::Milliseconds(500));
    EXPECT_NE(fetched.kind, Fetched::Kind::kAnswered) << answer;
    EXPECT_THAT(fetched.note, ::testing::Not(IsEmpty())) << answer;
  }
}

TEST_F(CurlFetcherTest, CallsAPlainServerBehindHttpsMalformed) {
  const Fetched fetched = Start(To(server_->port(), "/", true)).get();
  EXPECT_EQ(fetched.kind, Fetched::Kind::kMalformed);
  EXPECT_THAT(fetched.note, ::testing::Not(IsEmpty()));
}

TEST_F(CurlFetcherTest, SaysThatNobodyListens) {
  const int port = server_->port();
  server_.reset();
  const Fetched fetched = Start(To(port, "/")).get();
  EXPECT_EQ(fetched.kind, Fetched::Kind::kUnreachable);
  EXPECT_THAT(fetched.note, HasSubstr("refused"));
}

TEST_F(CurlFetcherTest, WaitsNoLongerThanItMay) {
  server_->Answer("/", {.stalls = true});
  Fetching fetching = To(server_->port(), "/");
  fetching.timeout = absl::Milliseconds(200);
  const Fetched fetched = Start(std::move(fetching)).get();
  EXPECT_EQ(fetched.kind, Fetched::Kind::kTimeout);
  EXPECT_THAT(fetched.note, HasSubstr("accepted the connection"));
}

// A body that never ends within its length is no answer, however much of it came.
TEST_F(CurlFetcherTest, TakesNoHalfAnswer) {
  const Fetched fetched =
      GetRaw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", absl::Milliseconds(300));
  EXPECT_EQ(fetched.kind, Fetched::Kind::kTimeout);
}

TEST_F(CurlFetcherTest, SlowServersHoldUpNobody) {
  server_->Answer("/slow", {.stalls = true});
  server_->Answer("/fast", {.body = "here"});
  std::future<Fetched> slow = Start(To(server_->port(), "/slow"));
  EXPECT_EQ(Get("/fast").body, "here");
  fetcher_.reset();
  EXPECT_EQ(slow.get().kind, Fetched::Kind::kNotFetched);
}

TEST_F(CurlFetcherTest, HoldsNoMoreThanItMay) {
  fetcher_ = *CurlFetcher::Start({.limit = 1});
  server_->Answer("/slow", {.stalls = true});
  std::future<Fetched> slow = Start(To(server_->port(), "/slow"));
  const Fetched refused = Get("/fast");
  EXPECT_EQ(refused.kind, Fetched::Kind::kNotFetched);
  EXPECT_THAT(refused.note, HasSubstr("as it may"));
  fetcher_.reset();
  EXPECT_EQ(slow.get().kind, Fetched::Kind::kNotFetched);
}

TEST_F(CurlFetcherTest, GoesThroughNoProxy) {
  const lab::WebServer& server = *server_;
  const auto proxy = lab::WebServer::Start({.address = "127.0.0.1"});
  ASSERT_THAT(proxy, IsOk());
  setenv("http_proxy", absl::StrFormat("http://127.0.0.1:%d", (*proxy)->port()).c_str(), 1);
  EXPECT_EQ(Get("/").status, 404);
  unsetenv("http_proxy");
  EXPECT_THAT(server.Requests(), SizeIs(1));
  EXPECT_THAT((*proxy)->Requests(), IsEmpty());
}

TEST_F(CurlFetcherTest, OpensAConnectionForEveryFetch) {
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    const auto other = lab::WebServer::Start({.address = address});
    ASSERT_THAT(other, IsOk());
    (*other)->Answer("/", {.body = address});
    Fetching fetching = To((*other)->port(), "/");
    fetching.address = *IpAddress::Parse(address);
    EXPECT_EQ(Start(fetching).get().body, address);
  }
}

TEST_F(CurlFetcherTest, SpeaksIpv6) {
  const auto server = lab::WebServer::Start({.address = "::1"});
  if (!server.ok()) GTEST_SKIP() << "this machine has no IPv6";
  (*server)->Answer("/", {.body = "six"});
  Fetching fetching = To((*server)->port(), "/");
  fetching.address = *IpAddress::Parse("::1");
  EXPECT_EQ(Start(fetching).get().body, "six");
}

}  // namespace
}  // namespace probe
