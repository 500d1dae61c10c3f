#include "transport/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/testing/status_matchers.h"

namespace transport {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

constexpr absl::Duration kPatience = absl::Seconds(30);

// A client's socket, connected; made before descriptors are short.
class Caller {
 public:
  Caller() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Caller() { ::close(socket_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  bool Connect(int port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  // Whether the other end closes.
  bool AwaitsRefusal() const {
    pollfd closed{.fd = socket_, .events = POLLIN, .revents = 0};
    char octet = 0;
    return ::poll(&closed, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))) == 1 &&
           ::recv(socket_, &octet, 1, 0) <= 0;
  }

 private:
  const int socket_;
};

// Leaves this process no descriptor to spare while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    none.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

class ListenerTest : public ::testing::Test {
 protected:
  ListenerTest() {
    auto listener = Listener::Bind("127.0.0.1", 0);
    EXPECT_THAT(listener, IsOk());
    listener_ = *std::move(listener);
    listener_->Start([this](int descriptor) {
      ::close(descriptor);
      const base::MutexLock lock(mutex_);
      ++accepted_;
      changed_.NotifyAll();
    });
  }

  bool AwaitAccepted(int count) {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    const base::MutexLock lock(mutex_);
    while (accepted_ < count && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return accepted_ == count;
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  int accepted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Listener> listener_;
};

TEST_F(ListenerTest, HandsOverWhoConnects) {
  const Caller first;
  const Caller second;
  ASSERT_TRUE(first.Connect(listener_->port()));
  ASSERT_TRUE(second.Connect(listener_->port()));
  EXPECT_TRUE(AwaitAccepted(2));
}

TEST_F(ListenerTest, RefusesWithoutADescriptorAndGoesOnWithOne) {
  const Caller first;
  const Caller second;
  const Caller later;
  {
    const NoDescriptors none;
    ASSERT_TRUE(first.Connect(listener_->port()));
    EXPECT_TRUE(first.AwaitsRefusal());
    ASSERT_TRUE(second.Connect(listener_->port()));
    EXPECT_TRUE(second.AwaitsRefusal());
    EXPECT_TRUE(AwaitAccepted(0));
  }
  ASSERT_TRUE(later.Connect(listener_->port()));
  EXPECT_TRUE(AwaitAccepted(1));
}

TEST_F(ListenerTest, ClosesItsPortWhenStopped) {
  const int port = listener_->port();
  listener_->Stop();
  EXPECT_FALSE(Caller().Connect(port));
}

TEST_F(ListenerTest, DoesNotShareAPort) {
  EXPECT_THAT(Listener::Bind("127.0.0.1", listener_->port()),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ListenerTest, WantsAnIpAddress) {
  EXPECT_THAT(Listener::Bind("localhost", 0), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace transport
