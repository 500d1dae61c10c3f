#include "probe/resolver/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace probe {
namespace {

constexpr std::uint64_t kMask = 63;

std::uint64_t BitOf(std::size_t slot) { return std::uint64_t{1} << slot; }

}  // namespace

void TimerWheel::Set(Alarm& alarm, Tick due) {
  constexpr Tick kFarthest = (Tick{1} << (kLevels * kDigitBits)) - 1;
  Clear(alarm);
  alarm.due_ = std::min(std::max(due, now_), kFarthest);
  Place(alarm);
}

void TimerWheel::Clear(Alarm& alarm) {
  if (alarm.next == &alarm) return;
  Unlink(alarm);
  Level& level = levels_[alarm.level_];
  const Links& ring = level.slots[alarm.slot_];
  if (ring.next == &ring) level.occupied &= ~BitOf(alarm.slot_);
}

Timers::TimerId TimerWheel::Add(Tick due, Task task) {
  const SlotPool<Timer>::Handle handle = timers_.Add();
  Timer& timer = *timers_.Find(handle);
  timer.wheel = this;
  timer.id = TimerId{handle};
  timer.task = std::move(task);
  Set(timer, due);
  return timer.id;
}

void TimerWheel::Cancel(TimerId id) {
  const auto handle = static_cast<SlotPool<Timer>::Handle>(id);
  Timer* const timer = timers_.Find(handle);
  if (timer == nullptr) return;
  Clear(*timer);
  timer->task = nullptr;
  timers_.Remove(handle);
}

void TimerWheel::Run(Timer& timer) {
  Task task = std::move(timer.task);
  timers_.Remove(static_cast<SlotPool<Timer>::Handle>(timer.id));
  task();
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
      auto& alarm = static_cast<Alarm&>(*ring.next);
      Unlink(alarm);
      if (level == 0) {
        Append(due, alarm);
      } else {
        Place(alarm);  // lower: this digit is the present one now
      }
    }
  }
  now_ = std::max(now_, now);
  while (due.next != &due) {
    auto& alarm = static_cast<Alarm&>(*due.next);
    Unlink(alarm);
    alarm.Ring();
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

void TimerWheel::Append(Links& ring, Alarm& alarm) {
  alarm.previous = ring.previous;
  alarm.next = &ring;
  ring.previous->next = &alarm;
  ring.previous = &alarm;
}

void TimerWheel::Unlink(Alarm& alarm) {
  alarm.previous->next = alarm.next;
  alarm.next->previous = alarm.previous;
  alarm.previous = alarm.next = &alarm;
}

void TimerWheel::Place(Alarm& alarm) {
  const Tick differs = alarm.due_ ^ now_;
  const unsigned highest = 63U - static_cast<unsigned>(std::countl_zero(differs | 1U));
  const std::size_t level = highest / kDigitBits;
  const std::size_t slot = alarm.due_ >> (level * kDigitBits) & kMask;
  alarm.level_ = static_cast<std::uint8_t>(level);
  alarm.slot_ = static_cast<std::uint8_t>(slot);
  Append(levels_[level].slots[slot], alarm);
  levels_[level].occupied |= BitOf(slot);
}

}  // namespace probe
