// Values under handles that are never valid again once their value is gone, although its place is:
// what is outstanding comes and goes all the time, and must cost neither an allocation nor a hash.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace probe {

// T is default-constructed once and kept with its place: whoever gets a place fills all of it, and
// may find buffers of its last use. Values stay where they are. Confined to one thread.
template <typename T>
class SlotPool {
 public:
  // Never zero.
  using Handle = std::uint64_t;

  // A place to fill; the one freed last, which is still in the processor's cache.
  Handle Add() {
    if (free_.empty()) AddChunk();
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = SlotAt(index);
    slot.used = true;
    ++size_;
    return Handle{slot.generation} << 32U | index;
  }

  // Null when it is gone.
  T* Find(Handle handle) {
    const auto index = static_cast<std::uint32_t>(handle);
    if (index >= chunks_.size() * kChunk) return nullptr;
    Slot& slot = SlotAt(index);
    if (!slot.used || slot.generation != handle >> 32U) return nullptr;
    return &slot.value;
  }

  // Only for a handle whose value is there.
  void Remove(Handle handle) {
    const auto index = static_cast<std::uint32_t>(handle);
    Slot& slot = SlotAt(index);
    slot.used = false;
    ++slot.generation;
    free_.push_back(index);
    --size_;
  }

  std::size_t size() const { return size_; }

  // `visit` may remove the value that it is given.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (const auto& chunk : chunks_) {
      for (Slot& slot : *chunk) {
        if (slot.used) visit(slot.value);
      }
    }
  }

 private:
  static constexpr std::size_t kChunk = 256;
  struct Slot {
    std::uint32_t generation = 1;
    bool used = false;
    T value = {};
  };

  Slot& SlotAt(std::uint32_t index) { return (*chunks_[index / kChunk])[index % kChunk]; }

  void AddChunk() {
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
    chunks_.push_back(std::make_unique<std::array<Slot, kChunk>>());
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }

  std::vector<std::unique_ptr<std::array<Slot, kChunk>>> chunks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace probe
