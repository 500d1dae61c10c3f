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

namespace {

constexpr std::chrono::milliseconds kTick(1);
constexpr absl::Duration kLongestDelay = absl::Hours(365 * 24);
constexpr int kLongestWaitMilliseconds = 1000;
static_assert(absl::Milliseconds(kLongestWaitMilliseconds) <= base::Pulse::kLongestWait);

}  // namespace

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

EventLoop::EventLoop(int epoll_fd, int mailbox_fd)
    : epoll_fd_(epoll_fd), mailbox_fd_(mailbox_fd), start_time_(steady_clock::now()) {
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
  std::array<epoll_event, 512> events{};
  while (true) {
    now_ = steady_clock::now();
    pulse_->Beat(*now_);
    for (auto& [id, task] : before_waiting_) task();
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                                 MillisecondsToNextTimer());
    HandleEvents(std::span(events).first(static_cast<std::size_t>(std::max(count, 0))));
    RunPosted();
    now_ = steady_clock::now();
    timers_.Advance(TickOf(*now_));
    base::MutexLock lock(mutex_);
    if (!stopping_) continue;
    now_.reset();
    return;
  }
}

void EventLoop::HandleEvents(std::span<const epoll_event> events) {
  for (const epoll_event& event : events) {
    const auto found = handlers_.find(event.data.fd);
    if (found == handlers_.end()) continue;  // an earlier handler has stopped watching it
    const std::shared_ptr<Handler> handler = found->second;
    now_ = steady_clock::now();
    (*handler)(event.events);
  }
}

EventLoop::Time EventLoop::now() const { return now_ ? *now_ : steady_clock::now(); }

Timers::TimerId EventLoop::After(absl::Duration delay, Task task) {
  const auto cut = std::min(delay, kLongestDelay);
  return timers_.Add(TickIn(absl::ToChronoNanoseconds(cut)), std::move(task));
}

void EventLoop::SetAlarm(TimerWheel::Alarm& alarm, std::chrono::nanoseconds delay) {
  timers_.Set(alarm, TickIn(delay));
}

void EventLoop::CancelTimer(TimerId timer) { timers_.Cancel(timer); }

EventLoop::TaskId EventLoop::BeforeWaiting(Task task) {
  const TaskId id{next_task_++};
  before_waiting_.emplace_back(id, std::move(task));
  return id;
}

void EventLoop::RemoveBeforeWaiting(TaskId id) {
  std::erase_if(before_waiting_, [id](const auto& entry) { return entry.first == id; });
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

TimerWheel::Tick EventLoop::TickOf(Time time) const {
  return static_cast<TimerWheel::Tick>((time - start_time_) / kTick);
}

TimerWheel::Tick EventLoop::TickIn(std::chrono::nanoseconds delay) const {
  if (delay <= delay.zero()) return TickOf(now());
  // Rounded up, so that it is never early.
  return TickOf(now() + delay + kTick - Time::duration(1));
}

int EventLoop::MillisecondsToNextTimer() const {
  const std::optional<TimerWheel::Tick> next = timers_.NextTick();
  if (!next) return kLongestWaitMilliseconds;
  const auto left = start_time_ + static_cast<std::int64_t>(*next) * kTick - steady_clock::now();
  // Rounded up, so that the loop does not spin through the last millisecond.
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, kLongestWaitMilliseconds));
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
