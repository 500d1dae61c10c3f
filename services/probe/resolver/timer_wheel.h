// Timers at a cost that does not grow with their number: a hierarchy of wheels, each of 64 slots.
//
//   level 0: the next 64 ticks, a slot for each;   level 1: 64 ticks in each slot;   …
//
// A timer lies at the level of the highest digit (base 64) in which its time differs from the
// present one, and moves down when the present reaches its slot: at most kLevels - 1 times.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "probe/core/timers.h"
#include "probe/resolver/slot_pool.h"

namespace probe {

// Confined to one thread. What a tick is, the caller knows.
class TimerWheel {
  // In a ring through its slot's head.
  struct Links {
    Links* previous = this;
    Links* next = this;
  };

 public:
  using Tick = std::uint64_t;
  using Task = Timers::Task;
  using TimerId = Timers::TimerId;

  // A timer that lies in what it belongs to, where there are so many that places and closures for
  // them would be noticed. Must not be set when it is destroyed.
  class Alarm : private Links {
   public:
    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    virtual ~Alarm() = default;

   private:
    friend class TimerWheel;
    virtual void Ring() = 0;

    Tick due_ = 0;
    std::uint8_t level_ = 0;
    std::uint8_t slot_ = 0;
  };

  // Rings once at `due`, as with Add, and no more at the time that it was set to before.
  void Set(Alarm& alarm, Tick due);
  // Harmless for one that is not set.
  void Clear(Alarm& alarm);

  // Due at `due`; at the next Advance when that is now or past. Times too far for the wheels
  // (2^42 ticks) are cut.
  TimerId Add(Tick due, Task task);
  // Harmless for a timer that has fired.
  void Cancel(TimerId id);

  // Moves the present to `now`, which never goes back, and runs what is due by then in the order of
  // due ticks. What tasks add waits for the next call.
  void Advance(Tick now);

  // No timer is due before; nothing when there is none at all. May be too early for timers that are
  // far: Advance to it brings the true time nearer.
  std::optional<Tick> NextTick() const;

  // Of those that were added.
  std::size_t size() const { return timers_.size(); }

 private:
  static constexpr std::size_t kLevels = 7;
  static constexpr unsigned kDigitBits = 6;
  static constexpr std::size_t kSlots = 64;

  struct Timer final : Alarm {
    void Ring() override { wheel->Run(*this); }

    TimerWheel* wheel = nullptr;
    TimerId id = {};
    Task task;
  };
  struct Level {
    std::uint64_t occupied = 0;  // a bit for each slot
    std::array<Links, kSlots> slots = {};
  };

  static void Append(Links& ring, Alarm& alarm);
  static void Unlink(Alarm& alarm);
  void Place(Alarm& alarm);
  void Run(Timer& timer);

  Tick now_ = 0;
  std::array<Level, kLevels> levels_ = {};
  SlotPool<Timer> timers_;
};

}  // namespace probe
