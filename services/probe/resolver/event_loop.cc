#include "probe/resolver/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "absl/status/status.h"

namespace probe {

using std::chrono::steady_clock;

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
  const int mailbox_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (mailbox_fd < 0) {
    absl::Status status = absl::ErrnoToStatus(errno, "eventfd");
    close(epoll_fd);
    return status;
  }
  return std::unique_ptr<EventLoop>(new EventLoop(epoll_fd, mailbox_fd));
}

EventLoop::EventLoop(int epoll_fd, int mailbox_fd) : epoll_fd_(epoll_fd), mailbox_fd_(mailbox_fd) {
  Watch(mailbox_fd_, EPOLLIN, [this](std::uint32_t) {
    std::uint64_t count = 0;
    // Only resets the counter; RunPosted follows in any case.
    static_cast<void>(!read(mailbox_fd_, &count, sizeof(count)));
  });
}

EventLoop::~EventLoop() {
  close(mailbox_fd_);
  close(epoll_fd_);
}

void EventLoop::Post(Task task) {
  {
    base::MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // the first one has woken the loop
  }
  const std::uint64_t one = 1;
  static_cast<void>(!write(mailbox_fd_, &one, sizeof(one)));
}

void EventLoop::Stop() {
  Post([this] {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  });
}

void EventLoop::Run() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                                 MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto found = handlers_.find(event.data.fd);
      if (found == handlers_.end()) continue;  // an earlier handler has stopped watching it
      const std::shared_ptr<Handler> handler = found->second;
      (*handler)(event.events);
    }
    RunPosted();
    RunTimers();
    base::MutexLock lock(mutex_);
    if (stopping_) return;
  }
}

Timers::TimerId EventLoop::After(absl::Duration delay, Task task) {
  const auto due =
      steady_clock::now() + absl::ToChronoNanoseconds(std::max(delay, absl::ZeroDuration()));
  const TimerId id{next_timer_++};
  timers_.emplace_hint(timers_.end(), TimerKey{due, id}, std::move(task));
  due_times_[id] = due;
  return id;
}

void EventLoop::CancelTimer(TimerId timer) {
  const auto node = due_times_.extract(timer);
  if (!node.empty()) timers_.erase({node.mapped(), timer});
}

void EventLoop::Watch(int fd, std::uint32_t events, Handler handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  const bool known = handlers_.contains(fd);
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
  epoll_ctl(epoll_fd_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

void EventLoop::Unwatch(int fd) {
  if (handlers_.erase(fd) > 0) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

int EventLoop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first.first - steady_clock::now();
  // Rounded up, so that the loop does not spin through the last millisecond.
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 60'000));
}

void EventLoop::RunTimers() {
  // Those added meanwhile wait for the next round, even when they are due at once.
  const TimerKey bound{steady_clock::now(), TimerId{next_timer_}};
  while (!timers_.empty() && timers_.begin()->first < bound) {
    Task task = std::move(timers_.begin()->second);
    due_times_.erase(timers_.begin()->first.second);
    timers_.erase(timers_.begin());
    task();
  }
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    base::MutexLock lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

}  // namespace probe
