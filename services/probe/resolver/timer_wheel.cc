#include "probe/resolver/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace probe {
namespace {

constexpr std::uint64_t kMask = 63;

std::uint64_t BitOf(std::size_t slot) { return std::uint64_t{1} << slot; }

}  // namespace

Timers::TimerId TimerWheel::Add(Tick due, Task task) {
  constexpr Tick kFarthest = (Tick{1} << (kLevels * kDigitBits)) - 1;
  const SlotPool<Timer>::Handle handle = timers_.Add();
  Timer& timer = *timers_.Find(handle);
  timer.due = std::min(std::max(due, now_), kFarthest);
  timer.id = TimerId{handle};
  timer.task = std::move(task);
  Place(timer);
  return timer.id;
}

void TimerWheel::Cancel(TimerId id) {
  const auto handle = static_cast<SlotPool<Timer>::Handle>(id);
  Timer* const timer = timers_.Find(handle);
  if (timer == nullptr) return;
  Detach(*timer);
  timer->task = nullptr;
  timers_.Remove(handle);
}

void TimerWheel::Advance(Tick now) {
  // First all that is due, in a ring of its own, from which tasks can still cancel each other; then
  // the tasks, so that what they add is not among it.
  Links due;
  while (const std::optional<Tick> next = NextTick()) {
    if (*next > now) break;
    now_ = *next;
    const auto lowest =
        std::ranges::find_if(levels_, [](const Level& l) { return l.occupied != 0; });
    const auto level = static_cast<std::size_t>(lowest - levels_.begin());
    const std::size_t slot = now_ >> (level * kDigitBits) & kMask;
    levels_[level].occupied &= ~BitOf(slot);
    Links& ring = levels_[level].slots[slot];
    while (ring.next != &ring) {
      auto& timer = static_cast<Timer&>(*ring.next);
      Unlink(timer);
      if (level == 0) {
        Append(due, timer);
      } else {
        Place(timer);  // lower: this digit is the present one now
      }
    }
  }
  now_ = std::max(now_, now);
  while (due.next != &due) {
    auto& timer = static_cast<Timer&>(*due.next);
    Unlink(timer);
    Task task = std::move(timer.task);
    timers_.Remove(static_cast<SlotPool<Timer>::Handle>(timer.id));
    task();
  }
}

std::optional<TimerWheel::Tick> TimerWheel::NextTick() const {
  // All of a lower level is due before anything of a higher one.
  for (std::size_t level = 0; level < kLevels; ++level) {
    const std::uint64_t occupied = levels_[level].occupied;
    if (occupied == 0) continue;
    const unsigned shift = static_cast<unsigned>(level) * kDigitBits;
    // Slots behind the present one are empty: their time is past.
    const auto slot = static_cast<Tick>(std::countr_zero(occupied));
    const Tick begin = (now_ >> (shift + kDigitBits) << (shift + kDigitBits)) | slot << shift;
    return std::max(begin, now_);
  }
  return std::nullopt;
}

void TimerWheel::Append(Links& ring, Timer& timer) {
  timer.previous = ring.previous;
  timer.next = &ring;
  ring.previous->next = &timer;
  ring.previous = &timer;
}

void TimerWheel::Unlink(Timer& timer) {
  timer.previous->next = timer.next;
  timer.next->previous = timer.previous;
}

void TimerWheel::Place(Timer& timer) {
  const Tick differs = timer.due ^ now_;
  const unsigned highest = 63U - static_cast<unsigned>(std::countl_zero(differs | 1U));
  const std::size_t level = highest / kDigitBits;
  const std::size_t slot = timer.due >> (level * kDigitBits) & kMask;
  timer.level = static_cast<std::uint8_t>(level);
  timer.slot = static_cast<std::uint8_t>(slot);
  Append(levels_[level].slots[slot], timer);
  levels_[level].occupied |= BitOf(slot);
}

void TimerWheel::Detach(Timer& timer) {
  Unlink(timer);
  Level& level = levels_[timer.level];
  const Links& ring = level.slots[timer.slot];
  if (ring.next == &ring) level.occupied &= ~BitOf(timer.slot);
}

}  // namespace probe
