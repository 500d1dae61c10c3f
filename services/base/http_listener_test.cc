#include "base/http_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <latch>
#include <list>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"

namespace base {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr absl::Duration kLongEnough = absl::Seconds(30);
constexpr std::size_t kEndless = 256 << 20;
// More than the kernels of both ends hold for a connection whose server does not read.
constexpr std::size_t kUnread = 2 << 20;

// A client that speaks HTTP octet by octet.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int bytes = 16 << 10;  // so that what was sent is little more than what was read
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server has closed the connection.
  bool Send(std::string_view text) const {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

  // Sends `text` again and again until the server closes the connection. Returns the octets sent.
  std::size_t SendEndlessly(std::string_view text) const {
    std::size_t sent = 0;
    while (sent < kEndless && Send(text)) sent += text.size();
    return sent;
  }

  bool ClosesWithin(absl::Duration patience) const {
    pollfd event{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&event, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) == 1;
  }

  // All that the server sends until it closes the connection.
  std::string Receive() const {
    std::string text;
    std::array<char, 4096> part{};
    while (ClosesWithin(kLongEnough)) {
      const ssize_t bytes = ::recv(socket_, part.data(), part.size(), 0);
      if (bytes <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(bytes));
    }
    return "not closed";
  }

 private:
  const int socket_;
};

class HttpListenerTest : public ::testing::Test {
 protected:
  void Start(HttpListener::Options options, HttpListener::Handler handler) {
    options.address = "127.0.0.1";
    auto started = HttpListener::Start(options, std::move(handler));
    ASSERT_THAT(started, IsOk());
    listener_ = *std::move(started);
  }
  void Start(const HttpListener::Options& options = {}) {
    Start(options, [this](const HttpRequest& request) {
      ++handled_;
      return HttpReply{.body = absl::StrCat(request.method, " ", request.path, " ", request.host)};
    });
  }

  RawClient Connect() const { return RawClient(listener_->port()); }

  std::string Ask(std::string_view request) const {
    const RawClient client = Connect();
    client.Send(request);
    return client.Receive();
  }

  std::atomic<int> handled_{0};
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerTest, HandsTheRequestOverAndItsReplyBack) {
  Start();
  EXPECT_THAT(Ask("GET /a%20b/+c?d=e HTTP/1.1\r\nHost:  Shop.test:80 \r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                    HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"),
                    EndsWith("\r\n\r\nGET /a b/+c Shop.test:80")));
}

TEST_F(HttpListenerTest, ClosesTheConnectionThatAClientWouldKeep) {
  Start();
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpListenerTest, KeepsTheBodyOfAReplyToHead) {
  Start();
  EXPECT_THAT(Ask("HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
              AllOf(HasSubstr("\r\nContent-Length: 16\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpListenerTest, LeavesAllMethodsToTheHandler) {
  Start();
  for (const char* method : {"DELETE", "OPTIONS", "BREW"}) {
    EXPECT_THAT(Ask(absl::StrCat(method, " / HTTP/1.1\r\nHost: shop.test\r\n\r\n")),
                EndsWith(absl::StrCat("\r\n\r\n", method, " / shop.test")));
  }
}

TEST_F(HttpListenerTest, DropsASmallBody) {
  Start();
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\n\r\nbody"),
              EndsWith("\r\n\r\nPOST / shop.test"));
}

TEST_F(HttpListenerTest, ReadsNoMoreOfALongBody) {
  Start();
  for (const char* framing :
       {"Content-Length: 1000000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3b9aca00\r\n"}) {
    const RawClient client = Connect();
    EXPECT_TRUE(client.Send(absl::StrCat("POST / HTTP/1.1\r\nHost: shop.test\r\n", framing)));
    EXPECT_LT(client.SendEndlessly(std::string(1024, 'a')), kUnread) << framing;
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpListenerTest, ReadsNoMoreOfALongHead) {
  Start();
  const std::string kilobyte(1024, 'a');
  for (const char* beginning : {"", "GET /", "GET / HTTP/1.1\r\nHost: ", "GET / HTTP/1.1\r\n"}) {
    const RawClient client = Connect();
    EXPECT_TRUE(client.Send(beginning));
    EXPECT_LT(client.SendEndlessly(kilobyte), kUnread) << beginning;
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpListenerTest, ReadsNoMoreOfManyHeaders) {
  Start();
  const RawClient client = Connect();
  EXPECT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: shop.test\r\n"));
  EXPECT_LT(client.SendEndlessly("a: b\r\n"), kUnread);
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpListenerTest, TheHeadOfARequestMayBeLongButNotTooLong) {
  Start();
  const auto ask = [this](std::size_t bytes) {
    return Ask(absl::StrCat("GET / HTTP/1.1\r\nLong: ", std::string(bytes, 'a'), "\r\n\r\n"));
  };
  EXPECT_THAT(ask(12 << 10), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(17 << 10), Not(StartsWith("HTTP/1.1 200")));
}

TEST_F(HttpListenerTest, SlowConnectionsHoldNobodyUp) {
  Start({.threads = 1});
  std::list<RawClient> slow;
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(slow.emplace_back(listener_->port()).Send("GET / HTTP/1.1\r\nHost: sl"));
  }
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: quick.test\r\n\r\n"), EndsWith("GET / quick.test"));
  for (const RawClient& client : slow) {
    EXPECT_TRUE(client.Send("ow.test\r\n\r\n"));
    EXPECT_THAT(client.Receive(), EndsWith("GET / slow.test"));
  }
}

TEST_F(HttpListenerTest, AHandlerThatBlocksHoldsUpNoOtherThread) {
  std::latch blocked(1);
  std::latch release(1);
  Start({.threads = 2}, [&](const HttpRequest& request) {
    if (request.path == "/block") {
      blocked.count_down();
      release.wait();
    }
    return HttpReply{.body = request.path};
  });
  const RawClient first = Connect();
  EXPECT_TRUE(first.Send("GET /block HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
  blocked.wait();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Ask("GET /other HTTP/1.1\r\nHost: shop.test\r\n\r\n"), EndsWith("/other"));
  }
  release.count_down();
  EXPECT_THAT(first.Receive(), EndsWith("/block"));
}

TEST_F(HttpListenerTest, ClosesAConnectionOnWhichNothingHappens) {
  Start({.idle_limit = absl::Seconds(1), .time_limit = kLongEnough * 2});
  EXPECT_EQ(Connect().Receive(), "");
}

TEST_F(HttpListenerTest, ClosesAConnectionThatTrickles) {
  Start({.time_limit = absl::Milliseconds(50)});
  const RawClient client = Connect();
  const Deadline patience = Deadline::After(kLongEnough);
  EXPECT_TRUE(client.Send("GET / HTTP/1.1\r\nTrickle: "));
  while (!client.ClosesWithin(absl::Milliseconds(10)) && !patience.Expired()) client.Send("a");
  EXPECT_FALSE(patience.Expired());
}

TEST_F(HttpListenerTest, TheOldestOfTooManySilentConnectionsMakesRoom) {
  Start({.connection_limit = 32, .idle_limit = kLongEnough * 2, .time_limit = kLongEnough * 2});
  std::list<RawClient> silent;
  for (int i = 0; i < 25; ++i) {
    EXPECT_TRUE(silent.emplace_back(listener_->port()).Send("GET / HTTP/1.1\r\n"));
  }
  EXPECT_TRUE(silent.front().ClosesWithin(kLongEnough));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: quick.test\r\n\r\n"), EndsWith("GET / quick.test"));
  EXPECT_TRUE(silent.back().Send("Host: slow.test\r\n\r\n"));
  EXPECT_THAT(silent.back().Receive(), EndsWith("GET / slow.test"));
}

TEST_F(HttpListenerTest, AnswersMoreThanMayBeOpenOneAfterTheOther) {
  std::latch release(1);
  Start({.threads = 1, .connection_limit = 32, .time_limit = kLongEnough * 2},
        [&](const HttpRequest& request) {
          release.wait();
          return HttpReply{.body = request.path};
        });
  std::list<RawClient> clients;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(clients.emplace_back(listener_->port()).Send("GET /path HTTP/1.1\r\n\r\n"));
  }
  release.count_down();
  for (const RawClient& client : clients) EXPECT_THAT(client.Receive(), EndsWith("/path"));
}

TEST_F(HttpListenerTest, AnswersAtItsEndWhatHasCome) {
  std::latch blocked(1);
  std::latch release(1);
  Start({.idle_limit = kLongEnough * 2, .time_limit = kLongEnough * 2}, [&](const HttpRequest&) {
    blocked.count_down();
    release.wait();
    return HttpReply{.body = "late"};
  });
  const RawClient client = Connect();
  const RawClient silent = Connect();
  EXPECT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
  EXPECT_TRUE(silent.Send("GET"));
  blocked.wait();
  const std::jthread end([this] { listener_.reset(); });
  EXPECT_EQ(silent.Receive(), "");  // so it is ending
  release.count_down();
  EXPECT_THAT(client.Receive(), EndsWith("late"));
}

TEST_F(HttpListenerTest, WaitsAtItsEndNotForEverForAClientThatDoesNotRead) {
  std::latch handled(1);
  Start({.idle_limit = kLongEnough * 2, .time_limit = absl::Milliseconds(50)},
        [&](const HttpRequest&) {
          handled.count_down();
          return HttpReply{.body = std::string(kEndless / 4, 'a')};
        });
  const RawClient client = Connect();
  EXPECT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
  handled.wait();
  listener_.reset();
}

TEST_F(HttpListenerTest, ListensOnAnIpv6Address) {
  const auto listener =
      HttpListener::Start({.address = "::1"}, [](const HttpRequest&) { return HttpReply{}; });
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here";
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<in_port_t>((*listener)->port()));
  address.sin6_addr = in6addr_loopback;
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(socket);
}

TEST_F(HttpListenerTest, SaysThatItCannotListen) {
  Start();
  const auto handler = [](const HttpRequest&) { return HttpReply{}; };
  EXPECT_THAT(HttpListener::Start({.address = "127.0.0.1", .port = listener_->port()}, handler),
              StatusIs(absl::StatusCode::kUnavailable));
  for (const char* address : {"localhost", "192.0.2.1", ""}) {
    EXPECT_THAT(HttpListener::Start({.address = address}, handler),
                StatusIs(absl::StatusCode::kUnavailable))
        << address;
  }
}

}  // namespace
}  // namespace base
